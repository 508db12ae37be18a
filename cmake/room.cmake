# One room of the house: a static library of src/<room>/*.cpp, its tests of tests/<room>/*.cpp.
#
# DEPENDS is the table by which tests/structure judges every #include; that is where the order of the rooms is enforced.

function(linx_room room)
  cmake_parse_arguments(ARG "" "LIBRARY" "DEPENDS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*.cpp)
  if(NOT sources)
    message(STATUS "linx: room ${room} has no sources")
    return()
  endif()
  # Sources that the build makes (cmake/spawner.cmake).
  get_property(generated GLOBAL PROPERTY LINX_GENERATED_${room})
  linx_unity(units ${room} ${sources})
  add_library(linx_${room} STATIC EXCLUDE_FROM_ALL ${units} ${generated})
  list(TRANSFORM ARG_DEPENDS PREPEND linx_)
  target_link_libraries(linx_${room} PUBLIC ${ARG_DEPENDS} linx_flags ${ARG_LINK})
  linx_use_precompiled(linx_${room} linx_pch)

  if(NOT ARG_LIBRARY)
    set(ARG_LIBRARY linx)
  endif()
  set_property(GLOBAL APPEND PROPERTY LINX_ROOMS_OF_${ARG_LIBRARY} ${room})
  set_property(GLOBAL APPEND PROPERTY LINX_LINKS_OF_${ARG_LIBRARY} ${ARG_LINK})

  if(LINX_BUILD_TESTS)
    linx_room_tests(${room} linx_${room})
  endif()
endfunction()

# tests/<room>/NAME.cpp is a unit test, NAME.kernel.cpp needs the running kernel, NAME.fault.cpp kills things.
# Each file is one CTest entry <room>.<NAME>, holds one Boost.Test suite called <room>_<NAME> (dots become
# underscores) and carries its kind as label. A NAME.cpp beside a NAME.hpp is what these share, and no test.
function(linx_room_tests room) # library...
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${room}/*.cpp)
  if(NOT files OR NOT TARGET linx_harness)
    return()
  endif()
  set(shared ${files})
  foreach(file IN LISTS files)
    string(REGEX REPLACE "\\.cpp$" ".hpp" header ${file})
    if(EXISTS ${header})
      list(REMOVE_ITEM files ${file})
    else()
      list(REMOVE_ITEM shared ${file})
    endif()
  endforeach()
  # The thread sanitizer sees what threads do to each other, and of other tests it sees nothing.
  if(LINX_SANITIZE STREQUAL "thread")
    foreach(file IN LISTS files)
      file(STRINGS ${file} threads REGEX "std::j?thread|thread_pool|harness/threads.hpp" LIMIT_COUNT 1)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
      if(NOT threads)
        list(REMOVE_ITEM files ${file})
      endif()
    endforeach()
    if(NOT files)
      return()
    endif()
  endif()
  linx_unity(units test_${room} ${files} ${shared})
  add_executable(test_${room} ${units})
  add_dependencies(linx_tests test_${room})
  target_link_libraries(test_${room} PRIVATE linx_harness ${ARGN} linx_flags linx_program_flags linx_test_flags)
  target_include_directories(test_${room} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  linx_use_precompiled(test_${room} linx_test_pch)
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
