"""The job as an Open Job Description, 2023-09, in JSON, which Deadline Cloud and other schedulers take.

Tasks are numbered by the frame that they begin with, so that sizes of parts are parameters of the job and
nothing has to be counted when it is written.
"""

from typing import Any

from ...core.compute.machine import DEVICES
from ...core.settings import FarmSettings
from ..preferences import AS_PREFERRED

SPECIFICATION = "jobtemplate-2023-09"
FRAMES = "{{Param.FirstFrame}}-{{Param.LastFrame}}"
SECONDS_TO_STOP = 120  # after which a task that was told to end is ended


def template(name: str, defaults: dict[str, Any]) -> dict[str, Any]:
    """The template of a job with this name; `defaults` are the values of its parameters."""

    def parameter(key, kind, description, **more):
        made = {"name": key, "type": kind, "description": description, **more}
        if key in defaults:
            made["default"] = defaults[key]
        return made

    def size(key, setting):
        meta = FarmSettings.__dataclass_fields__[setting].metadata
        return parameter(key, "INT", meta["description"], minValue=meta["low"], maxValue=meta["high"])

    return {
        "specificationVersion": SPECIFICATION,
        "name": name,
        "parameterDefinitions": [
            parameter(
                "BlendFile",
                "PATH",
                "The .blend with the shot and everything that it needs",
                objectType="FILE",
                dataFlow="IN",
            ),
            parameter(
                "Folder",
                "PATH",
                "Where the frames go: a folder that all machines see",
                objectType="DIRECTORY",
                dataFlow="OUT",
            ),
            parameter("Blender", "STRING", "The command that starts Blender on the machines"),
            parameter("Scene", "STRING", "The scene to paint"),
            parameter("FirstFrame", "INT", "The first frame of the shot", minValue=0),
            parameter("LastFrame", "INT", "The last frame of the shot", minValue=0),
            size("Chunk", "chunk"),
            size("RenderChunk", "render_chunk"),
            parameter("Device", "STRING", "What to paint on", allowedValues=[AS_PREFERRED, *DEVICES]),
        ],
        "steps": [
            _step("render", _parts("RenderChunk")),
            _step("anchors", None, "render"),
            _step("chunk", _parts("Chunk"), "anchors"),
            _step("collect", None, "chunk"),
        ],
    }


def _parts(size: str) -> str:
    """The frames that parts of this size begin with."""
    return f"{FRAMES}:{{{{Param.{size}}}}}"


def _step(stage: str, parts: str | None, after: str | None = None) -> dict[str, Any]:
    arguments = "--background {{Param.BlendFile}} --command pochade animate".split()
    arguments += ["--scene", "{{Param.Scene}}", "--stage", stage, "--frames", FRAMES]
    arguments += "--folder {{Param.Folder}} --chunk {{Param.Chunk}}".split()
    arguments += "--render-chunk {{Param.RenderChunk}} --device {{Param.Device}} --farm-progress".split()
    step: dict[str, Any] = {"name": stage}
    if after:
        step["dependencies"] = [{"dependsOn": after}]
    if parts:
        arguments += ["--from", "{{Task.Param.First}}"]
        step["parameterSpace"] = {
            "taskParameterDefinitions": [{"name": "First", "type": "INT", "range": parts}]
        }
    cancelation = {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": SECONDS_TO_STOP}
    return step | {
        "script": {
            "actions": {
                "onRun": {"command": "{{Param.Blender}}", "args": arguments, "cancelation": cancelation}
            }
        }
    }


def parameter_values(values: dict[str, Any]) -> dict[str, Any]:
    """Values as a job bundle's `parameter_values.json` holds them."""
    return {"parameterValues": [{"name": name, "value": value} for name, value in values.items()]}
