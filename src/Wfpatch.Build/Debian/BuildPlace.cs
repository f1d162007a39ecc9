// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Compilers;
using Wfpatch.Build.Processes;

namespace Wfpatch.Build.Debian;

/// <summary>Where a package is compiled: on the host itself.</summary>
internal class BuildPlace
{
    /// <summary>What of the place goes into the result, for the key of a build.</summary>
    public virtual string Key => "";

    /// <summary>Makes the place fit to work in this folder, which holds the unpacked source.</summary>
    public virtual Task PrepareAsync(string work, string log, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>A path within the working folder, as the tools there name it.</summary>
    public virtual string Inside(string work, string path) => path;

    /// <summary>A compiler's call that was seen there, as it is made from outside.</summary>
    public virtual CompileRecord Outside(string work, CompileRecord call) => call;

    /// <summary>Runs a tool in the source's folder within the working folder.</summary>
    public virtual Task<ToolResult> RunAsync(string work, string tree, string log, IReadOnlyDictionary<string, string> environment, string[] command, CancellationToken cancel)
    {
        var run = new ToolRun(log, cancel) { WorkingFolder = tree };
        foreach (var (name, value) in environment)
        {
            run.With(name, value);
        }
        return run.RunAsync(command[0], command[1..]);
    }
}
