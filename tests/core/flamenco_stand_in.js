// Flamenco's `author`, as its documentation describes it, around a job type: prints the tasks of the jobs whose settings it reads.
const fs = require("fs");
const [script, jobs] = process.argv.slice(2);

const author = {
    Task: (name, type) => ({
        name, type, commands: [], dependencies: [],
        addCommand(command) { this.commands.push(command); },
        addDependency(task) { this.dependencies.push(task.name); },
    }),
    Command: (name, parameters) => ({ name, parameters }),
};

const jobType = new Function("author", "print", fs.readFileSync(script, "utf8") + "; return { JOB_TYPE, compileJob };")(author, () => {});
const defaults = Object.fromEntries(jobType.JOB_TYPE.settings.filter((s) => "default" in s).map((s) => [s.key, s.default]));
const compiled = JSON.parse(jobs).map((settings) => {
    const job = { settings: { ...defaults, ...settings }, tasks: [], addTask(task) { this.tasks.push(task); } };
    try {
        jobType.compileJob(job);
        return job.tasks;
    } catch (error) {
        return String(error);
    }
});
console.log(JSON.stringify({ type: jobType.JOB_TYPE, compiled }));
