"""The company's directory: who works here, with which addresses, where, and for whom (PRODUCT §3.1)."""
