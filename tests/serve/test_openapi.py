"""OpenAPI says what the server does: checked by schemathesis, which asks what it describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from served import PATIENCE_S

if TYPE_CHECKING:
    from served import Running

VERBS = {"compress", "decompress", "denoise", "explain", "info", "verify"}


@pytest.fixture(scope="module")
def spec(server: Running) -> dict[str, Any]:
    found: dict[str, Any] = server.client.get("/v1/openapi.json").json()
    return found


def test_all_verbs_take_files_and_name_their_errors(spec: dict[str, Any]) -> None:
    for verb in VERBS:
        about = spec["paths"][f"/v1/{verb}"]["post"]
        body = about["requestBody"]["content"]["application/octet-stream"]["schema"]
        assert body == {"type": "string", "format": "binary"}
        for status in ("400", "408", "413", "415", "422", "429", "504"):
            assert "application/problem+json" in about["responses"][status]["content"], status
        assert about["description"]


def test_answers_are_files(spec: dict[str, Any]) -> None:
    content = spec["paths"]["/v1/decompress"]["post"]["responses"]["200"]["content"]
    assert {"image/png", "image/jpeg", "image/webp", "image/tiff"} <= content.keys()
    assert content["image/png"]["schema"]["format"] == "binary"


def test_no_parameter_names_a_file(spec: dict[str, Any]) -> None:
    """Text is a word of a list, a number, or the name of a model, which can't have a slash."""
    found = [
        (name, parameter["name"], kind)
        for name, path in spec["paths"].items()
        for about in path.values()
        for parameter in about.get("parameters", [])
        for kind in parameter["schema"].get("anyOf", [parameter["schema"]])
        if kind.get("type") == "string"
    ]
    assert found
    assert all("enum" in kind or "const" in kind or "pattern" in kind for *_, kind in found), found
    assert not [name for name in spec["paths"] if "{" in name]


@pytest.mark.parametrize("examples", [6, pytest.param(200, marks=pytest.mark.slow)])
def test_schemathesis(server: Running, spec: dict[str, Any], examples: int) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, settings

    schema = schemathesis.openapi.from_dict(spec)
    checks = schemathesis.checks
    chosen = [
        checks.not_a_server_error,
        schemathesis.specs.openapi.checks.status_code_conformance,
        schemathesis.specs.openapi.checks.content_type_conformance,
        schemathesis.specs.openapi.checks.response_schema_conformance,
        schemathesis.specs.openapi.checks.response_headers_conformance,
    ]
    seen = []
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @__import__("hypothesis").given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(base_url=server.url, checks=chosen, timeout=PATIENCE_S)

        ask()
        seen.append(operation.path)
    assert {f"/v1/{verb}" for verb in VERBS} <= set(seen)
