# How this tree compiles: one interface library that every target of the tree links, and no installed one.

find_package(Boost 1.81 REQUIRED)
find_package(Threads REQUIRED)

add_library(linx_flags INTERFACE)
target_include_directories(linx_flags INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_features(linx_flags INTERFACE cxx_std_20)
target_link_libraries(linx_flags INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(linx_flags INTERFACE BOOST_ASIO_NO_DEPRECATED)

# One precompiled header serves the objects of the libraries and of the programs, so both are compiled as -fPIC
# (CMake would give programs -fPIE, which g++ takes for a different header) and with the same visibility. Asio's
# own headers ask for default visibility, so its per-thread state stays one across a shared liblinx.
target_compile_options(linx_flags INTERFACE -fPIC -fvisibility=hidden -fvisibility-inlines-hidden)

target_compile_options(linx_flags INTERFACE -Wall -Wextra -Wpedantic -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Both warn falsely inside Boost and libstdc++ once g++ 12 inlines at -O2. Programs need not switch the first one off
  # (linx/core/task.hpp), but a precompiled header loses that.
  target_compile_options(linx_flags INTERFACE -Wno-mismatched-new-delete -Wno-maybe-uninitialized)
  if(NOT LINX_SANITIZE AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # string::insert and operator+ with a literal (gcc bugs 105329 and 105651)
    target_compile_options(linx_flags INTERFACE -Wno-restrict -Wno-stringop-overflow)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # libstdc++ 12's std::stable_sort calls what it has deprecated itself; from a precompiled header clang tells of it.
  target_compile_options(linx_flags INTERFACE -Wno-deprecated-declarations)
endif()
if(LINX_WERROR)
  target_compile_options(linx_flags INTERFACE -Werror)
endif()

if(LINX_UNITY GREATER 1 AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ takes what an #include brings for a header, and warns of types in it that are local to the file
  target_compile_options(linx_flags INTERFACE -Wno-subobject-linkage)
endif()
# Neither debug information nor __FILE__ says where the tree lies.
target_compile_options(linx_flags INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)

set(LINX_TEST_TIMEOUT 120)
set(LINX_TEST_ENVIRONMENT "")
set(LINX_TEST_ARGUMENTS "")
# What programs of the tree add to linx_flags. They link it last: a -fno-sanitize= before -fsanitize= is void.
add_library(linx_program_flags INTERFACE)
if(LINX_SANITIZE)
  set(options -fsanitize=${LINX_SANITIZE} -fno-omit-frame-pointer) # of linx_flags and of cmake/asio.cmake
  if(LINX_SANITIZE MATCHES "undefined")
    list(APPEND options -fno-sanitize-recover=undefined)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      # clang cannot emit function type hashes for coroutine frames ("difference across sections")
      list(APPEND options -fno-sanitize=function)
    else()
      # The check probes memory by a pipe(2) and reports a sound object once descriptors run out, which the fault
      # tests provoke. AddressSanitizer sees dead objects without it, and the clang lane keeps it.
      list(APPEND options -fno-sanitize=vptr)
    endif()
    # A check at each use of each pointer is a third of the compiler's work. AddressSanitizer sees a null pointer that is
    # used, and object-size sees nothing without optimisation. The library keeps the other two; what a program itself
    # does wrong with a pointer, AddressSanitizer sees.
    list(APPEND options -fno-sanitize=null,object-size)
    target_compile_options(linx_program_flags INTERFACE -fno-sanitize=alignment,pointer-overflow)
  endif()
  if(LINX_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fenced_block: the thread sanitizer sees no fences, but Asio locks a mutex around each hand-over
    list(APPEND options -Wno-tsan)
  endif()
  # An empty std::optional that is used is no error to a sanitizer, nor is an index within the capacity.
  list(APPEND options -D_GLIBCXX_ASSERTIONS)
  target_compile_options(linx_flags INTERFACE ${options})
  target_link_options(linx_flags INTERFACE -fsanitize=${LINX_SANITIZE})
  set(LINX_TEST_TIMEOUT 300)
  set(LINX_TEST_ARGUMENTS --catch_system_errors=no) # the sanitizer's report of a crash, not Boost.Test's
  set(LINX_TEST_ENVIRONMENT
    ASAN_OPTIONS=detect_leaks=1:handle_abort=1:detect_stack_use_after_return=1:strict_string_checks=1
    UBSAN_OPTIONS=print_stacktrace=1
    TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
    LINX_TEST_WATCHDOG=100) # the thread sanitizer takes ten times as long
endif()

include(pch)
include(unity)
include(asio)
linx_precompile(linx_pch cmake/pch.hpp)
