// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>A sample server that nobody asks anything: for commands that must leave it exactly as it is.</summary>
public sealed class IdleSample : IAsyncDisposable
{
    private readonly RunningSample _sample;
    private MemoryImage _before;

    private IdleSample(RunningSample sample, TestPatch patch)
    {
        _sample = sample;
        Patch = patch;
        _before = MemoryImage.Take(sample.Id);
    }

    public int Id => _sample.Id;

    public string Pid => Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>A patch for it that fits.</summary>
    public TestPatch Patch { get; }

    public static async Task<IdleSample> StartAsync()
    {
        var patch = await TestPatches.GetAsync("sample");
        var sample = await RunningSample.StartAsync(patch, workers: 1, busy: 0);
        await sample.ExpectRepliesOfAsync(1); // so that all its threads have what memory they need
        return new(sample, patch);
    }

    /// <summary>From here on, this is how it must stay.</summary>
    public void Remember() => _before = MemoryImage.Take(Id);

    /// <summary>apply, check and status must all end so, with nothing written.</summary>
    public async Task ExpectRefusedAsync(string patchFile, string result, string? code, params ImmutableArray<string> named)
    {
        foreach (string command in (ImmutableArray<string>)["check", "apply"])
        {
            var report = await WfpatchCommand.RunAsync(command, patchFile, "--pid", Pid);
            report.ExpectFailure(result, code, named.AsSpan());
            ExpectUntouched();
        }
    }

    public void ExpectUntouched() => _before.ExpectUnchanged(Id);

    public Task ExpectRepliesOfAsync(int version) => _sample.ExpectRepliesOfAsync(version);

    public ValueTask DisposeAsync() => _sample.DisposeAsync();
}
