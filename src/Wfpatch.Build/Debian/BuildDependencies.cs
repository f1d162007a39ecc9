// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Caches;
using Wfpatch.Build.Processes;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Debian;

/// <summary>The packages that a source needs to be compiled. The one step that may need root.</summary>
internal sealed class BuildDependencies(BuildCache cache, InstalledPackage package, IProgress<BuildEvent>? progress, CancellationToken cancel)
{
    private const string Profiles = "nocheck,nodoc";

    /// <summary>Null when all are there, or are there now.</summary>
    public async Task<Refusal?> EnsureAsync(string tree)
    {
        string log = cache.Log($"{package.Source}-build-dependencies");
        var check = await CheckAsync(tree, log);
        if (check.IsOk)
        {
            return null;
        }
        if (check.Missing is { } tool)
        {
            return BuildRefusals.ToolMissing.About(tool, $"The program {tool} is not installed; install the package dpkg-dev.");
        }
        progress?.Report(new BuildEvent(BuildStage.BuildDependencies, $"installing the build dependencies of {package.Source}", log));
        var apt = await PrivateApt.PrepareAsync(Path.Combine(cache.Root, "apt"), cancel);
        await apt.Run(log, cancel).RunAsync("apt-get", "update");
        string[] install = ["-y", "--no-install-recommends", "build-dep", $"{package.Source}={package.SourceVersion}"];
        _ = Environment.IsPrivilegedProcess
            ? await apt.Run(log, cancel).RunAsync("apt-get", install)
            : await apt.Run(log, cancel).RunAsync("sudo", ["--non-interactive", "--preserve-env=APT_CONFIG,DEBIAN_FRONTEND", "apt-get", .. install]);
        return (await CheckAsync(tree, log)).IsOk
            ? null
            : BuildRefusals.BuildDependencies.About(package.Source,
                $"The build dependencies of {package.Source} are missing and could not be installed; run the same command once as root, or install what {log} names.");
    }

    private Task<ToolResult> CheckAsync(string tree, string log) =>
        new ToolRun(log, cancel) { WorkingFolder = tree }.RunAsync("dpkg-checkbuilddeps", "-P", Profiles);
}
