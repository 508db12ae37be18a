# Boost.Asio for the tree. The installed library is plain, header-only Asio; inside the tree Asio's own code
# is compiled once and every target links it, which halves the time of each translation unit.

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
target_compile_options(linx_flags INTERFACE -fPIC -fvisibility=hidden -fvisibility-inlines-hidden
  -Wall -Wextra -Wpedantic -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # coroutines are off in g++ 12 unless asked for by -std=c++20; these two warn inside Boost at -O2
  target_compile_options(linx_flags INTERFACE -Wno-mismatched-new-delete -Wno-maybe-uninitialized)
endif()
if(LINX_WERROR)
  target_compile_options(linx_flags INTERFACE -Werror)
endif()
if(LINX_SANITIZE)
  target_compile_options(linx_flags INTERFACE -fsanitize=${LINX_SANITIZE} -fno-omit-frame-pointer)
  if(LINX_SANITIZE MATCHES "undefined")
    target_compile_options(linx_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
  target_link_options(linx_flags INTERFACE -fsanitize=${LINX_SANITIZE})
  if(LINX_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fenced_block: the thread sanitizer sees no fences, but Asio locks a mutex around each hand-over
    target_compile_options(linx_flags INTERFACE -Wno-tsan)
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # clang cannot emit function type hashes for coroutine frames ("difference across sections")
    target_compile_options(linx_flags INTERFACE -fno-sanitize=function)
  endif()
endif()

if(LINX_ASIO_SEPARATE)
  target_compile_definitions(linx_flags INTERFACE BOOST_ASIO_SEPARATE_COMPILATION)
  add_library(linx_asio STATIC ${PROJECT_SOURCE_DIR}/cmake/asio.cpp)
  target_link_libraries(linx_asio PRIVATE Boost::headers Threads::Threads)
  target_compile_features(linx_asio PRIVATE cxx_std_20)
  target_compile_options(linx_asio PRIVATE -fPIC)
  target_compile_definitions(linx_asio PRIVATE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
  if(LINX_SANITIZE)
    target_compile_options(linx_asio PRIVATE -fsanitize=${LINX_SANITIZE} -fno-omit-frame-pointer)
  endif()
  target_link_libraries(linx_flags INTERFACE linx_asio)
endif()

if(LINX_PCH)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(linx_flags INTERFACE -fpch-preprocess) # lets ccache see through the header
  else()
    target_compile_options(linx_flags INTERFACE "SHELL:-Xclang -fno-pch-timestamp") # the same for clang
  endif()
  add_library(linx_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/pch.cpp)
  target_link_libraries(linx_pch PUBLIC linx_flags)
  target_precompile_headers(linx_pch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch.hpp)
endif()
