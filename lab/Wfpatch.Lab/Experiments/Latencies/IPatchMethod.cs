// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Experiments.Latencies;

/// <summary>A way to patch one running server and to take the patch back.</summary>
internal interface IPatchMethod
{
    string Name { get; }

    /// <param name="limit">How long threads may be waited for.</param>
    /// <exception cref="InvalidOperationException">What patches has ended itself.</exception>
    Task<MethodOutcome> ApplyAsync(TimeSpan limit, CancellationToken cancel);

    /// <summary>Takes back what is in force, or what was begun.</summary>
    Task<MethodOutcome> RevertAsync(TimeSpan limit, CancellationToken cancel);
}

/// <summary>What one of them came to.</summary>
/// <param name="Done">Whether all threads are there.</param>
/// <param name="Stands">Whether there is something to take back now.</param>
/// <param name="Why">Why it is not done; empty where it is.</param>
internal sealed record MethodOutcome(bool Done, bool Stands, int Threads, double LongestWaitUs, double TransitionUs, string Why)
{
    /// <summary>It is not that it took too long: it will never be done.</summary>
    internal bool IsImpossible { get; init; }
}
