# The libraries, made of the objects of their rooms: linx::linx, which needs Boost and the C library alone, and a component
# for each room that links something more, so that nobody gets that unasked.

function(linx_library name)
  cmake_parse_arguments(ARG "" "TARGET" "LINK" ${ARGN})
  get_property(rooms GLOBAL PROPERTY LINX_ROOMS_OF_${name})
  if(NOT rooms)
    return()
  endif()
  set(objects "")
  foreach(room IN LISTS rooms)
    list(APPEND objects $<TARGET_OBJECTS:linx_${room}>)
  endforeach()
  get_property(links GLOBAL PROPERTY LINX_LINKS_OF_${name})
  add_library(${ARG_TARGET} ${objects})
  add_library(linx::${name} ALIAS ${ARG_TARGET})
  target_link_libraries(${ARG_TARGET} PUBLIC Boost::headers Threads::Threads ${ARG_LINK} PRIVATE ${links})
  target_compile_features(${ARG_TARGET} PUBLIC cxx_std_20)
  target_include_directories(${ARG_TARGET} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  if(LINX_ASIO_SEPARATE)
    target_compile_definitions(${ARG_TARGET} PUBLIC $<BUILD_INTERFACE:BOOST_ASIO_SEPARATE_COMPILATION>)
    target_link_libraries(${ARG_TARGET} PUBLIC $<BUILD_INTERFACE:linx_asio>)
  endif()
  if(LINX_SANITIZE)
    target_compile_options(${ARG_TARGET} PUBLIC $<BUILD_INTERFACE:-fsanitize=${LINX_SANITIZE}>)
    target_link_options(${ARG_TARGET} PUBLIC $<BUILD_INTERFACE:-fsanitize=${LINX_SANITIZE}>)
  endif()
  # Before 1.0 each minor version may change the ABI.
  set_target_properties(${ARG_TARGET} PROPERTIES
    EXPORT_NAME ${name} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    LINKER_LANGUAGE CXX)
endfunction()

linx_library(linx TARGET linx)
linx_library(mnl TARGET linx-mnl LINK linx)
linx_library(netfilter TARGET linx-netfilter LINK linx)
