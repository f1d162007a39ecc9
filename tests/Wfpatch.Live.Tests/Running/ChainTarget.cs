// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>chain.c: two threads that call one function that calls another one. Its answers tell who runs which versions.</summary>
public sealed class ChainTarget : IAsyncDisposable
{
    private readonly TestTarget _target;

    private ChainTarget(TestTarget target)
    {
        _target = target;
        Threads = [.. target.Greeting.Select(line => int.Parse(line["thread ".Length..], CultureInfo.InvariantCulture))];
    }

    public int Id => _target.Id;

    public ImmutableArray<int> Threads { get; }

    /// <param name="patches">Some that shall find room there.</param>
    public static async Task<ChainTarget> StartAsync(params ImmutableArray<TestPatch> patches)
    {
        // Each alone: the functions of all of them are asked for.
        for (int run = 1; ; run++)
        {
            var target = new ChainTarget(await PatchableTarget.StartAsync("chain", patches[0]));
            var checks = await Task.WhenAll(patches.Select(p => InProcess.CheckAsync(target.Id, p)));
            if (run == MostRuns || !checks.Any(c => c.Refusals.Any(r => r.Code == "WF404")))
            {
                return target;
            }
            await target.DisposeAsync();
        }
    }

    /// <summary>A new answer of each thread, again and again.</summary>
    public async Task ExpectAsync(string answers)
    {
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(answers, await AskAsync("report"));
        }
    }

    /// <summary>No answer was ever given but these.</summary>
    public async Task ExpectNothingButAsync(params int[] answers)
    {
        string seen = await AskAsync("seen");
        Assert.Empty(seen.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => int.Parse(s, CultureInfo.InvariantCulture)).Except(answers));
    }

    public Task<string> AskAsync(string command) => _target.AskAsync(command, TestContext.Current.CancellationToken);

    /// <summary>The names of the patches in force, and of those that a transition leads to and from, with what they are.</summary>
    public async Task<string> StatusAsync()
    {
        var status = await InProcess.StatusAsync(Id);
        return string.Join(' ', status.Generations.Skip(1).Select(g => $"{g.PatchName}:{g.State}"));
    }

    public ValueTask DisposeAsync() => _target.DisposeAsync();

    private const int MostRuns = 20;
}
