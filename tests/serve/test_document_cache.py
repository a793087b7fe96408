"""Serve one search's document to many readers at a time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from orps_agent.archive import Archive
from orps_agent.domain.candidate import Candidate
from orps_agent.domain.document import SearchDocument
from orps_agent.serve.document_cache import DocumentCache
from tests.support.samples import a_search, settings


async def test_a_document_is_made_once_until_something_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Archive(settings(tmp_path)) as archive:
        made: list[str] = []
        plain = archive.document

        async def counted(search: str) -> SearchDocument:
            made.append(search)
            return await plain(search)

        monkeypatch.setattr(archive, "document", counted)
        names = ["abcd", *"12345"]
        for name in names:
            await archive.store.add_search(a_search(name))
        documents = DocumentCache(archive)
        first, *others = await asyncio.gather(*(documents.get("ab") for _ in range(20)))
        assert {*others} == {first} == {(await plain("abcd")).model_dump_json().encode()}
        assert made == ["abcd"]
        await archive.store.add_candidates("abcd", [Candidate(id="0", round=0, hint="verbose")])
        assert len(SearchDocument.model_validate_json(await documents.get("abcd")).candidates) == 1
        assert made == ["abcd"] * 2
        for name in names[1:]:  # more than are kept
            await documents.get(name)
        assert len(SearchDocument.model_validate_json(await documents.get("abcd")).candidates) == 1
        assert made == ["abcd", "abcd", *"12345", "abcd"]
