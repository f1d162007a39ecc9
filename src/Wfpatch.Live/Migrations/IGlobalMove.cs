// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Migrations;

/// <summary>How all threads of a process, each of which is held, go over in one instant. Allocates nothing. If the controller is killed in it, all have gone over or none.</summary>
public interface IGlobalMove
{
    /// <summary>Makes a held thread ready. False: not in the place where it stands; it must be let go, unchanged.</summary>
    bool TryReady(in StoppedThread thread, in UserRegisters registers);

    /// <summary>Lets all go over.</summary>
    /// <returns>An errno; where it is not zero, nobody has.</returns>
    int Run();

    /// <summary>What was made ready is as it was, before the thread is let go.</summary>
    /// <param name="registers">As they were.</param>
    void Release(in StoppedThread thread, in UserRegisters registers);
}
