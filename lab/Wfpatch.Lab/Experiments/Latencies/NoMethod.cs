// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>No patches at all: what the second of two windows without patches is to the first, the machine does by itself.</summary>
internal sealed class NoMethod : IPatchMethod
{
    internal const string Of = "none";

    private static readonly Task<MethodOutcome> Nothing = Task.FromResult(new MethodOutcome(true, false, 0, 0, 0, ""));

    public string Name => Of;

    public Task<MethodOutcome> ApplyAsync(TimeSpan limit, CancellationToken cancel) => Nothing;

    public Task<MethodOutcome> RevertAsync(TimeSpan limit, CancellationToken cancel) => Nothing;
}
