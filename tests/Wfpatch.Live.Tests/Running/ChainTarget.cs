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

    /// <param name="patches">Some that shall find room there. Each alone is asked for: some refusals of later ones are of no matter.</param>
    public static Task<ChainTarget> StartAsync(params ImmutableArray<TestPatch> patches) => PatchableTarget.StartAsync(
        async () => new ChainTarget(await TestTarget.StartAsync("chain", cancel: TestContext.Current.CancellationToken)), t => t.Id, patches);

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
}
