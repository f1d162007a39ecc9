// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Testing;
using Wfpatch.Testing.Targets;

namespace Wfpatch.Live.Tests.Samples;

/// <summary>Patches between versions of the sample's steps, and its profile. Built when first asked for, once.</summary>
public static class SamplePatches
{
    public static readonly Profile Profile = new(
        "sample", ["sample", "busy", "stuck"], [new ProfilePoint("handle_request", "", "start of request handling")], ["main", "worker", "busy"]);

    /// <summary>The profile as a file, for other processes.</summary>
    public static string ProfileFile { get; } = WriteProfile();

    public static async Task<(Patch Patch, string File)> BuildAsync(int from, int to)
    {
        string old = await TargetSource.Sample.ObjectsAsync(from);
        string @new = await TargetSource.Sample.ObjectsAsync(to);
        var result = TreeBuild.Run(old, @new, new BuildOptions { Name = $"sample-{from}-{to}", PointNames = ["handle_request"] });
        Assert.True(result.Patch is not null, string.Join("; ", result.Refusals));
        string file = Path.Combine(Directory.CreateTempSubdirectory("wfpatch-test-").FullName, $"sample-{from}-{to}.wfp");
        await File.WriteAllBytesAsync(file, result.Bytes.ToArray());
        return (result.Patch, file);
    }

    private static string WriteProfile()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("wfpatch-test-").FullName, "sample.toml");
        File.WriteAllText(file, """
            name = "sample"
            executables = ["sample"]
            below = ["main", "worker", "busy"]

            [[point]]
            function = "handle_request"
            reason = "start of request handling"
            """);
        return file;
    }
}
