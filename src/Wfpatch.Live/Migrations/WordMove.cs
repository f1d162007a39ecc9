// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Migrations;

/// <summary>Backend dispatch: the word that all trampolines of the transition ask.</summary>
/// <param name="flip">It, with the new generation.</param>
public sealed class WordMove(TargetMemory memory, CodeWrite flip) : IGlobalMove
{
    public bool TryReady(in StoppedThread thread, in UserRegisters registers) => true;

    public int Run() => memory.TryWrite(flip.Address, flip.Bytes);

    public void Release(in StoppedThread thread, in UserRegisters registers)
    {
    }
}
