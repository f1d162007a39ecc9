// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Live.Migrations;

namespace Wfpatch.Live.Controllers;

/// <param name="Timeout">How long to wait for the last thread.</param>
public sealed record TransitionOptions(Policy Policy, Profile? Profile, TimeSpan Timeout, CancellationToken Cancel = default)
{
    /// <summary>Null: what is in force was made by; else dispatch.</summary>
    public BackendKind? Backend { get; init; }

    /// <summary>Threads that migrate alone; null: all migrate.</summary>
    public CanaryChoice? Canary { get; init; }

    /// <summary>Null: what the patch declares, or for a revert as it was applied.</summary>
    public Consistency? Consistency { get; init; }

    /// <summary>An apply after which the patch alone is in force, also where it does not declare that.</summary>
    public bool Replaces { get; init; }

    /// <summary>How long a thread waits at most for the others, where all go over at once.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Where the library that a patch is for is not loaded: the patch waits for it.</summary>
    public bool WhenLoaded { get; init; }

    /// <summary>Called with the state of the threads while they migrate, on the controller's own thread.</summary>
    public Action<IReadOnlyCollection<ThreadRecord>> Progress { get; init; } = _ => { };

    /// <summary>False: as if the program announced no points of its own.</summary>
    public bool UseAnnounced { get; init; } = true;
}
