# The words and the JSON of kinds that the kernel may lack, and documents.
if(TARGET linx_harness)
  # The program's own objects, all but its main().
  file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/tests/*.cpp)
  linx_unity(units test_example_ip ${parts})
  add_executable(test_example_ip ${units} $<FILTER:$<TARGET_OBJECTS:linx-ip>,EXCLUDE,/main\\.cpp>)
  target_link_libraries(test_example_ip PRIVATE linx_harness linx::linx linx_flags
    Boost::program_options nlohmann_json::nlohmann_json linx_program_flags linx_test_flags)
  linx_use_precompiled(test_example_ip linx_test_pch)
  add_dependencies(linx_examples test_example_ip)
  add_test(NAME examples.ip.words COMMAND test_example_ip)
  set_tests_properties(examples.ip.words PROPERTIES
    LABELS examples TIMEOUT ${LINX_TEST_TIMEOUT} ENVIRONMENT "${LINX_TEST_ENVIRONMENT}")
endif()

# In a network namespace of its own, against what ip(8) says of the same system.
foreach(way compare kinds batch mistakes same shown names monitor reconcile)
  add_test(NAME examples.ip.${way}
    COMMAND python3 -B ${CMAKE_CURRENT_LIST_DIR}/check.py $<TARGET_FILE:linx-ip> ${way})
  set_tests_properties(examples.ip.${way} PROPERTIES
    LABELS examples TIMEOUT ${LINX_TEST_TIMEOUT} ENVIRONMENT "${LINX_TEST_ENVIRONMENT}" SKIP_RETURN_CODE 77)
endforeach()
