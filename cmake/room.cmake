# One room of the house: an object library of src/<room>/*.cpp, its tests of tests/<room>/*.cpp.
#
# A room sees the objects of the rooms it depends on and of no other, so a dependency that DESIGN does not
# allow fails to link in that room's own test program.

# The whole library sees this list; linx_room() appends to it.
set(LINX_ROOMS "" CACHE INTERNAL "")

function(linx_room room)
  cmake_parse_arguments(ARG "" "LIBRARY" "DEPENDS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*.cpp)
  if(NOT sources)
    message(STATUS "linx: room ${room} has no sources")
    return()
  endif()
  # Sources that the build makes, and the targets they are made from (cmake/spawner.cmake).
  get_property(generated GLOBAL PROPERTY LINX_GENERATED_${room})
  get_property(needs GLOBAL PROPERTY LINX_NEEDS_${room})
  add_library(linx_${room} OBJECT ${sources} ${generated})
  if(needs)
    add_dependencies(linx_${room} ${needs})
  endif()
  target_link_libraries(linx_${room} PUBLIC linx_flags ${ARG_LINK})
  if(TARGET linx_pch)
    target_precompile_headers(linx_${room} REUSE_FROM linx_pch)
  endif()

  # Objects do not travel through target_link_libraries, so the closure is kept by hand.
  set(closure ${room})
  set(links ${ARG_LINK})
  foreach(dep IN LISTS ARG_DEPENDS)
    if(TARGET linx_${dep})
      get_property(more GLOBAL PROPERTY LINX_CLOSURE_${dep})
      list(APPEND closure ${more})
      get_property(more GLOBAL PROPERTY LINX_LINK_${dep})
      list(APPEND links ${more})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES closure)
  list(REMOVE_DUPLICATES links)
  set_property(GLOBAL PROPERTY LINX_CLOSURE_${room} ${closure})
  set_property(GLOBAL PROPERTY LINX_LINK_${room} ${links})
  if(NOT ARG_LIBRARY)
    set(ARG_LIBRARY linx)
  endif()
  set_property(GLOBAL APPEND PROPERTY LINX_ROOMS_OF_${ARG_LIBRARY} ${room})

  if(LINX_BUILD_TESTS)
    linx_room_tests(${room})
  endif()
endfunction()

# tests/<room>/NAME.cpp is a unit test, NAME.kernel.cpp needs the running kernel, NAME.fault.cpp kills things.
# Each file is one CTest entry <room>.<NAME>, holds one Boost.Test suite called <room>_<NAME> (dots become
# underscores) and carries its kind as label.
function(linx_room_tests room)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${room}/*.cpp)
  if(NOT files OR NOT TARGET linx_harness)
    return()
  endif()
  # The thread sanitizer sees what threads do to each other, and of other tests it sees nothing.
  if(LINX_SANITIZE STREQUAL "thread" AND NOT room STREQUAL "core")
    foreach(file IN LISTS files)
      file(STRINGS ${file} threads REGEX "std::j?thread" LIMIT_COUNT 1)
      if(NOT threads)
        list(REMOVE_ITEM files ${file})
      endif()
    endforeach()
    if(NOT files)
      return()
    endif()
  endif()
  get_property(closure GLOBAL PROPERTY LINX_CLOSURE_${room})
  get_property(links GLOBAL PROPERTY LINX_LINK_${room})
  set(objects "")
  foreach(dep IN LISTS closure)
    list(APPEND objects linx_${dep})
  endforeach()
  add_executable(test_${room} ${files})
  # A third of the compiler's work: what is to be optimised is the library.
  target_compile_options(test_${room} PRIVATE $<$<CONFIG:Release>:-Og>)
  target_link_libraries(test_${room} PRIVATE linx_harness ${objects} linx_flags ${links} linx_program_flags)
  target_include_directories(test_${room} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  if(TARGET linx_pch)
    target_precompile_headers(test_${room} REUSE_FROM linx_pch)
  endif()
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    string(REGEX REPLACE "\\.cpp$" "" name ${name})
    set(label unit)
    if(name MATCHES "\\.(kernel|fault)$")
      set(label ${CMAKE_MATCH_1})
    endif()
    string(REPLACE "." "_" suite ${room}_${name})
    add_test(NAME ${room}.${name} COMMAND test_${room}
      --run_test=${suite} --log_level=test_suite --report_level=short --color_output=no ${LINX_TEST_ARGUMENTS})
    set_tests_properties(${room}.${name} PROPERTIES
      LABELS "${label};${room}" TIMEOUT ${LINX_TEST_TIMEOUT} ENVIRONMENT "${LINX_TEST_ENVIRONMENT}")
    if(label STREQUAL "fault")
      # kills, floods and exhausts: it wants the machine, and its neighbours want to be left out of it
      set_tests_properties(${room}.${name} PROPERTIES RUN_SERIAL ON)
    endif()
  endforeach()
endfunction()
