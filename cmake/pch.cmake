# Precompiled headers: made once, used by many targets.
#
# The header is named relative to the source tree, so that what CMake writes is the same in every clone and ccache
# knows it again.

function(linx_precompile target header) # [library...]
  if(NOT LINX_PCH)
    return()
  endif()
  add_library(${target} OBJECT ${PROJECT_SOURCE_DIR}/cmake/pch.cpp)
  target_link_libraries(${target} PRIVATE linx_flags ${ARGN})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_precompile_headers(${target} PRIVATE <${header}>)
endfunction()

function(linx_use_precompiled target from)
  if(TARGET ${from})
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()

if(LINX_PCH)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(linx_flags INTERFACE -fpch-preprocess) # lets ccache see through the header
  else()
    target_compile_options(linx_flags INTERFACE "SHELL:-Xclang -fno-pch-timestamp") # the same for clang
  endif()
endif()
