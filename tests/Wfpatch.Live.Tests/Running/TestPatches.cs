// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Testing;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;

namespace Wfpatch.Live.Tests.Running;

/// <summary>The patches of the test programs, each built once for all tests, from the objects of two versions.</summary>
public static class TestPatches
{
    private static readonly ConcurrentDictionary<(string Program, int From, int To), Lazy<Task<TestPatch>>> Built = [];

    /// <summary>The patch that makes version <paramref name="to"/> of version <paramref name="from"/>; its name tells both.</summary>
    public static Task<TestPatch> GetAsync(string program, int from = 1, int to = 2) =>
        Built.GetOrAdd((program, from, to), key => new(() => BuildAsync(
            key.Program, key.From, key.To, new() { Name = $"{key.Program}-{key.From}-to-{key.To}", PointNames = PointsOf(key.Program) }))).Value;

    /// <summary>A patch that says of other ones that it replaces them, or needs some below it.</summary>
    public static Task<TestPatch> BuildAmongAsync(string program, int from, int to, bool replaces, params ImmutableArray<TestPatch> requires) => BuildAsync(program, from, to, new()
    {
        Name = $"{program}-{from}-to-{to}-{(replaces ? "alone" : $"above-{requires.Length}")}", PointNames = PointsOf(program),
        Replaces = replaces, Requires = [.. requires.Select(r => new Core.Patches.RequiredPatch(r.Patch.Id, r.Patch.Name))],
    });

    /// <summary>The same patch, declared to need that its versions never run side by side.</summary>
    public static Task<TestPatch> BuildGlobalAsync(string program) =>
        BuildAsync(program, 1, 2, new() { Name = $"{program}-global", PointNames = PointsOf(program), Consistency = Core.Patches.Consistency.Global });

    /// <summary>A patch that is bound to the build-id of one linked program.</summary>
    public static Task<TestPatch> BuildForAsync(string program, string installedFile, string name) =>
        BuildAsync(program, 1, 2, new() { Name = name, InstalledFile = installedFile, PointNames = PointsOf(program) });

    /// <summary>The patch from version 1 to 2 of a program that is compiled in another way.</summary>
    public static Task<TestPatch> BuildAsync(string program, CompileOptions compile, string name) =>
        BuildAsync(program, 1, 2, new() { Name = name, PointNames = PointsOf(program) }, compile);

    private static async Task<TestPatch> BuildAsync(string program, int from, int to, BuildOptions options, CompileOptions? compile = null)
    {
        TargetSource source = TargetSource.Find(program);
        var result = TreeBuild.Run(await source.ObjectsAsync(from, compile), await source.ObjectsAsync(to, compile), options);
        var patch = result.Patch ?? throw new InvalidOperationException(string.Join('\n', result.Refusals));
        string file = ScratchFolder.NewFile($"{options.Name}.wfp");
        await File.WriteAllBytesAsync(file, result.Bytes);
        return new(patch, file);
    }

    private static ImmutableArray<string> PointsOf(string program) => program is "sample" or "busy" or "stuck" or "churn" or "midway" or "lineage" or "thousand" ? ["handle_request"] : [];
}
