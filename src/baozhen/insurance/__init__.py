"""The life of a policy 保单生命周期, one package per stage, in the order of a policy's life.

A stage may import earlier stages only.
"""
