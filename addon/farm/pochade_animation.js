// A job type for Flamenco 3: put this file into the folder "scripts" beside flamenco-manager, and restart the manager.
// SPDX-License-Identifier: GPL-3.0-or-later

const JOB_TYPE = {
    label: "Pochade Animation",
    description: "Render a shot, and paint it in chunks on several machines",
    settings: [
        { key: "frames", type: "string", required: true, eval: "f'{C.scene.frame_start}-{C.scene.frame_end}'",
          evalInfo: { showLinkButton: true, description: "Scene frame range" },
          description: "The frames of the shot, a range without gaps such as 1-250" },
        { key: "chunk", type: "int32", default: 24, propargs: { min: 2, max: 1000 }, visible: "submission",
          description: "Frames that one machine paints in a task" },
        { key: "render_chunk", type: "int32", default: 8, propargs: { min: 1, max: 1000 }, visible: "submission",
          description: "Frames that one machine renders in a task" },
        { key: "device", type: "string", default: "preferences", choices: ["preferences", "auto", "cpu", "cuda", "xpu", "mps"],
          visible: "submission", description: "What to paint on" },
        { key: "folder", type: "string", subtype: "dir_path", required: true, visible: "submission",
          description: "Where the painted frames go: a folder that all machines see" },
        { key: "blender", type: "string", default: "{blender}", visible: "submission",
          description: "Command that starts Blender, or a variable of Flamenco for it" },
        { key: "blendfile", type: "string", required: true, visible: "web", description: "Path of the .blend" },
        { key: "scene", type: "string", required: false, eval: "C.scene.name", visible: "web", description: "Name of the scene" },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    const [first, last] = frameRange(settings.frames);

    const renders = partsOf(first, last, settings.render_chunk, 0).map((begin) => authorStage(job, "render", begin));
    const anchors = authorStage(job, "anchors");
    const chunks = partsOf(first, last, settings.chunk, 1).map((begin) => authorStage(job, "chunk", begin));
    const collect = authorStage(job, "collect");

    for (const task of renders) anchors.addDependency(task);
    for (const task of chunks) {
        task.addDependency(anchors);
        collect.addDependency(task);
    }
    for (const task of [...renders, anchors, ...chunks, collect]) job.addTask(task);
}

// The first and the last frame of a range such as "1-250", "1..250" or "7".
function frameRange(text) {
    const found = /^\s*(\d+)(?:\s*(?:-|\.\.)\s*(\d+))?\s*$/.exec(text);
    const first = found ? Number(found[1]) : 0;
    const last = found && found[2] !== undefined ? Number(found[2]) : first;
    if (!found || last <= first) throw `Pochade paints a range of frames without gaps, such as 1-250, not ${text}`;
    return [first, last];
}

// The frames that parts of so many frames begin with. Chunks share their ends: of those there is one frame less to divide.
function partsOf(first, last, size, shared) {
    const begins = [];
    for (let frame = first; frame <= last - shared; frame += size) begins.push(frame);
    return begins;
}

function authorStage(job, stage, begin) {
    const settings = job.settings;
    const args = [
        "--command", "pochade", "animate", "--stage", stage, "--frames", settings.frames.replace(/\s/g, ""), "--folder", settings.folder,
        "--chunk", String(settings.chunk), "--render-chunk", String(settings.render_chunk), "--device", settings.device,
    ];
    if (settings.scene) args.push("--scene", settings.scene);
    if (begin !== undefined) args.push("--from", String(begin));
    const task = author.Task(begin === undefined ? stage : `${stage}-${begin}`, "blender");
    task.addCommand(author.Command("blender-render", {
        exe: settings.blender,
        exeArgs: "{blenderArgs}",
        argsBefore: [],
        blendfile: settings.blendfile,
        args: args,
    }));
    return task;
}
