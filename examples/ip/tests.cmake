# In a network namespace of its own, against what ip(8) says of the same system.
foreach(way compare batch mistakes monitor)
  add_test(NAME examples.ip.${way}
    COMMAND python3 -B ${CMAKE_CURRENT_LIST_DIR}/check.py $<TARGET_FILE:linx-ip> ${way})
  set_tests_properties(examples.ip.${way} PROPERTIES
    LABELS examples TIMEOUT ${LINX_TEST_TIMEOUT} ENVIRONMENT "${LINX_TEST_ENVIRONMENT}" SKIP_RETURN_CODE 77)
endforeach()
