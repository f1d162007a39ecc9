// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Live.Migrations;

public enum MigrationPath
{
    Pending,

    /// <summary>It came by a quiescence point.</summary>
    Point,

    /// <summary>It was migrated from outside.</summary>
    Outside,

    /// <summary>It returned from the last frame of old code that was on its stack, by way of a return hook.</summary>
    Return,

    /// <summary>It was born in the new generation.</summary>
    Born,

    /// <summary>It ended.</summary>
    Exited,

    /// <summary>The transition is open for canaries, and it is none.</summary>
    Staying,

    /// <summary>It went over with all others, in one instant.</summary>
    Together,
}

/// <summary>Why a thread is still in the old generation.</summary>
/// <param name="Function">The replaced function that it is in, or what else holds it.</param>
/// <param name="Frame">The frame's number on its stack, 0 the innermost; -1 where there is none.</param>
/// <param name="At">The instruction in that frame.</param>
public sealed record Blocker(string Function, int Frame, Address At, string Sentence)
{
    /// <summary>A return hook is pending: the thread migrates itself when it returns from the outermost frame of old code.</summary>
    public bool IsHooked { get; init; }
}

/// <summary>A thread in the course of a transition.</summary>
public sealed class ThreadRecord(int id, string name, Address controlBlock)
{
    public int Id { get; } = id;

    public string Name { get; } = name;

    /// <summary>Zero as long as it is not known.</summary>
    public Address ControlBlock { get; set; } = controlBlock;

    public MigrationPath Path { get; set; }

    /// <summary>When it was seen to have migrated, since arming began.</summary>
    public TimeSpan? MigratedAt { get; set; }

    public Blocker? Blocker { get; set; }

    /// <summary>When it may be stopped again.</summary>
    public TimeSpan NextVisit { get; set; }

    public int Visits { get; set; }

    /// <summary>A return hook lies on its stack.</summary>
    public bool IsHooked { get; set; }

    /// <summary>Where it was blocked when last looked at; zero: it ran.</summary>
    public Address BlockedAt { get; private set; }

    public TimeSpan BlockedSince { get; private set; }

    /// <summary>Notes that it is blocked, or with zero that it runs.</summary>
    /// <param name="at">Its stack pointer, by which one place is told from another.</param>
    /// <param name="now">Since arming began.</param>
    /// <returns>How long it has been seen there.</returns>
    public TimeSpan SeeBlocked(Address at, TimeSpan now)
    {
        if (BlockedAt != at)
        {
            BlockedAt = at;
            BlockedSince = now;
        }
        return now - BlockedSince;
    }

    public bool IsDone => Path != MigrationPath.Pending;
}
