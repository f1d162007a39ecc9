// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Caches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Debian;

/// <summary>Fetches the source package of the installed version.</summary>
internal sealed class PackageSource(BuildCache cache, InstalledPackage package, IProgress<BuildEvent>? progress, CancellationToken cancel)
{
    /// <summary>The path of the .dsc file, whose other files lie beside it.</summary>
    public async Task<(string? Description, Refusal? Refusal)> FetchAsync()
    {
        string finished = cache.Folder("sources", BuildCache.KeyOf(package.Source, package.SourceVersion));
        if (Directory.Exists(finished))
        {
            return (Description(finished), null);
        }
        string unfinished = finished + ".unfinished";
        BuildCache.Remove(unfinished);
        Directory.CreateDirectory(unfinished);
        try
        {
            return await DownloadAsync(unfinished, finished);
        }
        finally
        {
            BuildCache.Remove(unfinished);
        }
    }

    private async Task<(string? Description, Refusal? Refusal)> DownloadAsync(string unfinished, string finished)
    {
        string log = cache.Log($"{package.Source}-source");
        progress?.Report(new BuildEvent(BuildStage.Sources, $"fetching the source of {package.Source} {package.SourceVersion}", log));
        var apt = await PrivateApt.PrepareAsync(Path.Combine(cache.Root, "apt"), cancel);
        var update = await apt.Run(log, cancel).RunAsync("apt-get", "update");
        if (update.Missing is not null)
        {
            return (null, BuildRefusals.ToolMissing.About("apt-get", "apt-get is missing: packages can be built on Debian and its relatives alone."));
        }
        var fetched = await apt.Run(log, cancel, unfinished).RunAsync("apt-get", "source", "--download-only", "--only-source", $"{package.Source}={package.SourceVersion}");
        if (!fetched.IsOk || Description(unfinished) is null)
        {
            return (null, BuildRefusals.NoSource.About(package.Source,
                $"The source of {package.Source} {package.SourceVersion}, the installed version, cannot be had; see {log}."));
        }
        Directory.Move(unfinished, finished);
        return (Description(finished), null);
    }

    private static string? Description(string folder) => Directory.EnumerateFiles(folder, "*.dsc").SingleOrDefault();
}
