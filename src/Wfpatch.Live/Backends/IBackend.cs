// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Migrations;

namespace Wfpatch.Live.Backends;

/// <summary>
/// How the open transition is made real: the verbs that a controller calls one after the other. Each may be repeated by another controller after the
/// first one was killed in it. What both backends do alike is in <see cref="JournaledTarget"/> and <see cref="CallbackRequests"/>.
/// </summary>
public interface IBackend
{
    /// <summary>Where it is kept in which generation each thread is, in the transition that is open now.</summary>
    IThreadGenerations Threads { get; }

    /// <summary>In a global transition: how all threads go over in one instant.</summary>
    IGlobalMove GlobalMove { get; }

    /// <summary>In a global transition: whether they have; by us, or by a controller that was killed behind that.</summary>
    bool HasMovedAll { get; }

    /// <summary>Makes writes to code that every thread meets, whatever generation it is in. May be repeated.</summary>
    void WriteForAll(IEnumerable<CodeWrite> writes);

    /// <summary>What has to be done before arming, and may fail. No thread meets anything else by it.</summary>
    /// <param name="stop">Makes a stop of all threads, for who needs one.</param>
    Refusal? MakeRoom(Func<ProcessStop> stop);

    /// <summary>Makes the new generation real. No thread is in it yet; threads may enter it when this is done.</summary>
    /// <returns>Why it cannot be done; then the transition is to be cancelled.</returns>
    Refusal? Arm();

    /// <summary>Lets threads go over by themselves, all or canaries, where the backend and the policy have means for that.</summary>
    void Open();

    /// <summary>All threads have migrated.</summary>
    void Settle();

    /// <summary>Takes a transition back in which no thread has migrated.</summary>
    void Cancel();

    /// <summary>Turns an open transition round: all threads go to a new generation with the code of the one before.</summary>
    void Reverse();
}
