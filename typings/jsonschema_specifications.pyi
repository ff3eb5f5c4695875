"""jsonschema-specifications: the meta-schemas of every draft."""

from referencing.jsonschema import SchemaRegistry

REGISTRY: SchemaRegistry
