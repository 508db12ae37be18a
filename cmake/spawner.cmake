# linx-spawner: a program without libc, so with flags of its own, and its bytes as a part of the room `process`.

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(arch x86_64)
else()
  message(FATAL_ERROR "linx-spawner is not ported to ${CMAKE_SYSTEM_PROCESSOR} yet: see spawner/arch")
endif()

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spawner/*.cpp)
add_executable(linx-spawner ${sources} ${PROJECT_SOURCE_DIR}/spawner/arch/${arch}.cpp)
target_compile_features(linx-spawner PRIVATE cxx_std_20)
target_include_directories(linx-spawner PRIVATE ${PROJECT_SOURCE_DIR}/spawner ${PROJECT_SOURCE_DIR}/src)
target_compile_options(linx-spawner PRIVATE
  -O2 -Wall -Wextra -Wpedantic $<$<BOOL:${LINX_WERROR}>:-Werror>
  -ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics
  -fno-stack-protector -fno-stack-clash-protection -fno-asynchronous-unwind-tables -fno-unwind-tables
  -fno-pic -fno-pie -fno-sanitize=all -fcf-protection=none
  -U_FORTIFY_SOURCE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(linx-spawner PRIVATE -fno-tree-loop-distribute-patterns) # would make memcpy() call itself
endif()
# One range of pages that can be read and executed, none that can be written: see spawner/layout.hpp.
target_link_options(linx-spawner PRIVATE
  -nostdlib -static -no-pie -fno-sanitize=all
  -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-z,noexecstack -Wl,--build-id=none -Wl,--gc-sections -Wl,-s)
set_target_properties(linx-spawner PROPERTIES
  POSITION_INDEPENDENT_CODE OFF
  INTERPROCEDURAL_OPTIMIZATION OFF
  RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/libexec)

set(LINX_SPAWNER_INSTALL_DIR ${CMAKE_INSTALL_LIBEXECDIR}/linx)
if(LINX_INSTALL)
  install(TARGETS linx-spawner RUNTIME DESTINATION ${LINX_SPAWNER_INSTALL_DIR})
endif()

# The library's copy of the program. linx_room() adds this source to its room.
# As an array and not by .incbin, which ccache refuses.
set(image_source ${PROJECT_BINARY_DIR}/generated/spawner_image.cpp)
set(installed ${CMAKE_INSTALL_FULL_LIBEXECDIR}/linx/linx-spawner)
add_custom_command(OUTPUT ${image_source}
  COMMAND ${CMAKE_COMMAND} -D image=$<TARGET_FILE:linx-spawner> -D installed=${installed} -D output=${image_source}
    -P ${PROJECT_SOURCE_DIR}/cmake/spawner_image.cmake
  DEPENDS linx-spawner ${PROJECT_SOURCE_DIR}/cmake/spawner_image.cmake
  COMMENT "Writing the spawner's bytes as C++" VERBATIM)
set_source_files_properties(${image_source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
set_property(GLOBAL APPEND PROPERTY LINX_GENERATED_process ${image_source})

# The spawner's logic needs no kernel: the tests link it, sanitizers and all, and drive the program by its sockets.
if(LINX_BUILD_TESTS OR LINX_BUILD_FUZZERS)
  add_library(linx_spawner_logic STATIC
    ${PROJECT_SOURCE_DIR}/spawner/children.cpp
    ${PROJECT_SOURCE_DIR}/spawner/birth_way.cpp
    ${PROJECT_SOURCE_DIR}/spawner/request.cpp
    ${PROJECT_SOURCE_DIR}/spawner/step_list.cpp
    ${PROJECT_SOURCE_DIR}/spawner/task_status.cpp)
  target_link_libraries(linx_spawner_logic PUBLIC linx_flags)
  linx_room_tests(spawner linx_spawner_logic linx_core linx_io)
  if(TARGET test_spawner)
    target_include_directories(test_spawner PRIVATE ${PROJECT_SOURCE_DIR})
    add_dependencies(test_spawner linx-spawner)
  endif()
endif()
