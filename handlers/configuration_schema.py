"""The JSON Schema of `countersign.toml`, made from the tables that read it."""

import json
from typing import Any

from handlers.configuration_parts import FilePart


def schema() -> dict[str, Any]:
    """Return the schema, JSON Schema 2020-12."""
    made = FilePart.model_json_schema(by_alias=True)
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "countersign.toml"}
    return {
        **made,
        **about,
        "description": "The policy of Countersign. docs/configuration.md says what each key is.",
    }


def schema_text() -> str:
    """Return the schema as the published file holds it."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
