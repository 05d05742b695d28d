"""Verbs of the policies stage: accept and number, seal and issue, timestamp. See docs/issuance.md.

Steps of issuing, numbered alike in the doc, here and in the tests:

1. read form and values       4. ask the platform     7. archive the bytes
2. repeat or conflict         5. number               8. timestamp
3. gate                       6. seal                 9. issue
"""
