# Several sources in one translation unit: half of what a source costs is to read Asio and to instantiate the same
# templates again. Not CMake's own UNITY_BUILD, which names sources by their full paths: a second clone would share
# nothing with the first in ccache.
#
# What such sources have at file scope must not collide. In tests it cannot: they open their suite, which is a namespace
# of its own, right behind the includes (tests/structure sees to it).

# Sets `out` to sources that include `source`... by LINX_UNITY; to these themselves where that is 0 or 1.
function(linx_unity out target) # source...
  if(LINX_UNITY LESS 2)
    set(${out} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  list(LENGTH ARGN count)
  if(count EQUAL 0)
    set(${out} "" PARENT_SCOPE)
    return()
  endif()
  math(EXPR units "(${count} + ${LINX_UNITY} - 1) / ${LINX_UNITY}") # as equal as they can be
  set(number 0)
  foreach(source IN LISTS ARGN)
    math(EXPR unit "${number} * ${units} / ${count}")
    math(EXPR number "${number} + 1")
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${source})
    string(APPEND content_${unit} "#include \"${name}\"\n")
  endforeach()
  set(files "")
  math(EXPR last "${units} - 1")
  foreach(unit RANGE ${last})
    set(file ${PROJECT_BINARY_DIR}/unity/${target}_${unit}.cpp)
    file(CONFIGURE OUTPUT ${file} CONTENT "${content_${unit}}" @ONLY)
    list(APPEND files ${file})
  endforeach()
  set_source_files_properties(${files} PROPERTIES INCLUDE_DIRECTORIES ${PROJECT_SOURCE_DIR})
  set(${out} ${files} PARENT_SCOPE)
endfunction()
