"""The SBOMs of a release: for each wheel what it needs, as CycloneDX in JSON. Needs the packages of a release."""

import hashlib
import os
import sys
import uuid
import zipfile
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

SCHEMA = SchemaVersion.V1_6
# What an addon is put into. It is on no registry; the wheel says which series it is for.
HOST = "odoo"
# Odoo's names of licences that a manifest may have, and those of SPDX.
LICENSES = {"LGPL-3": "LGPL-3.0-only"}
PREFIX = "pos_glase:"


class Packages:
    """The packages that wheels need, as components; each is read once.

    :param wheels: paths of the wheels that are released together
    """

    def __init__(self, wheels):
        self.released = {}
        for wheel in wheels:
            archive = zipfile.Path(wheel)
            info = next(part for part in archive.iterdir() if part.name.endswith(".dist-info"))
            distribution = metadata.PathDistribution(info)
            self.released[canonical(distribution.metadata["Name"])] = distribution

    def needs(self, name):
        """What a package requires here: requirements, those of extras and of other machines left out."""
        if name == HOST:
            return []
        wanted = map(Requirement, self._found(name).requires or [])
        return [one for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})]

    def closure(self, name):
        """All that a package needs, itself first: requirements by name."""
        found, waiting = {}, [name]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found[each] = self.needs(each)
                waiting += [canonical(one.name) for one in found[each]]
        return found

    def component(self, name):
        """A package as a component: the release's own, the host, or one that the tests ran with."""
        if name == HOST:
            return Component(
                type=ComponentType.FRAMEWORK,
                name="Odoo",
                version="19.0",
                bom_ref=HOST,
                purl=PackageURL("github", "odoo", "odoo", "19.0"),
                licenses=[LicenseFactory().make_from_string("LGPL-3.0-only")],
            )
        distribution = self._found(name)
        return Component(
            type=ComponentType.LIBRARY,
            name=distribution.metadata["Name"],
            version=distribution.version,
            bom_ref=name,
            scope=ComponentScope.REQUIRED,
            description=distribution.metadata.get("Summary"),
            purl=PackageURL("pypi", None, name, distribution.version),
            licenses=[LicenseFactory().make_from_string(licence(distribution.metadata))],
        )

    def _found(self, name):
        return self.released.get(name) or metadata.distribution(name)


def licence(described):
    """What a package says of its licence, as short as it says it."""
    named = described.get("License-Expression") or described.get("License") or ""
    if named and len(named) < 60 and "\n" not in named:
        return LICENSES.get(named, named)
    classifiers = described.get_all("Classifier") or []
    return next(one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: "))


def bom(wheel, packages, epoch):
    """The SBOM of one wheel.

    :param wheel: its path
    :param packages: a :class:`Packages` that has it
    :param epoch: seconds since 1970, the time that the SBOM gives as its own
    """
    name = canonical(wheel.name.split("-")[0])
    content = hashlib.sha256(wheel.read_bytes()).hexdigest()
    closure = packages.closure(name)
    components = {each: packages.component(each) for each in closure}
    components[name].hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=content))
    made = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_OID, content))
    made.metadata.timestamp = datetime.fromtimestamp(epoch, timezone.utc)
    made.metadata.component = components[name]
    made.metadata.properties.add(
        Property(name=f"{PREFIX}tested-with-python", value=".".join(map(str, sys.version_info[:2])))
    )
    for each, wanted in closure.items():
        if each != name:
            made.components.add(components[each])
        made.register_dependency(
            components[each], [components[canonical(one.name)] for one in wanted]
        )
        for one in wanted:
            # The wheel holds no copy of what it needs: versions are those of the tests, this is what it asks for.
            if each == name:
                components[canonical(one.name)].properties.add(
                    Property(name=f"{PREFIX}required", value=str(one))
                )
    return made


def write(folder, epoch):
    """An SBOM beside each wheel of a folder.

    :raise ValueError: one is not as the standard wants it
    """
    wheels = sorted(folder.glob("*.whl"))
    packages = Packages(wheels)
    for wheel in wheels:
        text = make_outputter(
            bom(wheel, packages, epoch), OutputFormat.JSON, SCHEMA
        ).output_as_string(indent=2)
        wrong = JsonStrictValidator(SCHEMA).validate_str(text)
        if wrong:
            raise ValueError(f"{wheel.name}: {wrong!r}")
        wheel.with_name(wheel.name.removesuffix("-py3-none-any.whl") + ".cdx.json").write_text(
            text + "\n"
        )


if __name__ == "__main__":
    # FOLDER: an SBOM beside each of its wheels.
    write(Path(sys.argv[1]), int(os.environ["SOURCE_DATE_EPOCH"]))
