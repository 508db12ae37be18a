# Each way in processes of its own, against what the shell and /proc say inside.
foreach(way status namespaces init limits identity time scope events enter terminal)
  add_test(NAME examples.run.${way}
    COMMAND python3 -B ${CMAKE_CURRENT_LIST_DIR}/check.py $<TARGET_FILE:linx-run> ${way})
  set_tests_properties(examples.run.${way} PROPERTIES
    LABELS examples TIMEOUT ${LINX_TEST_TIMEOUT} ENVIRONMENT "${LINX_TEST_ENVIRONMENT}" SKIP_RETURN_CODE 77)
endforeach()
