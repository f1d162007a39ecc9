// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Baselines;

namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>A baseline, in its process that stays.</summary>
internal sealed class BaselineMethod(string name, BaselineProcess host, BaselineKind kind) : IPatchMethod
{
    public string Name => name;

    public async Task<MethodOutcome> ApplyAsync(TimeSpan limit, CancellationToken cancel)
    {
        BaselineReport told = await host.RunAsync(PatchAttempt.Apply, kind, limit, cancel);
        return Outcome(told, stands: told.Done);
    }

    public async Task<MethodOutcome> RevertAsync(TimeSpan limit, CancellationToken cancel)
    {
        BaselineReport told = await host.RunAsync(PatchAttempt.Revert, kind, limit, cancel);
        return Outcome(told, stands: !told.Done);
    }

    private static MethodOutcome Outcome(BaselineReport told, bool stands) =>
        new(told.Done, stands, told.Threads, told.LongestWaitUs, told.ElapsedUs, told.Why) { IsImpossible = !told.Done && told.Tries == 0 };
}
