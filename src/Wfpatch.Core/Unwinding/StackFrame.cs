// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>One activation of a function on a stack.</summary>
/// <param name="ProgramCounter">The next instruction of this frame: for a caller the return address.</param>
/// <param name="FrameAddress">The canonical frame address: the stack pointer before the call. Zero for an outermost frame
/// that has none.</param>
/// <param name="ReturnAddressSlot">Where the return address into the caller is stored (in a signal frame: the interrupted
/// program counter). Zero in the outermost frame, and where it is kept in a register.</param>
/// <param name="IsExact">True where <paramref name="ProgramCounter"/> is the instruction that runs next and no return
/// address: the innermost frame, and one that a signal interrupted.</param>
/// <param name="IsSignalFrame">True for the frame that the kernel made to deliver a signal; its function is the restorer.</param>
public readonly record struct StackFrame(
    Address ProgramCounter, Address FrameAddress, Address ReturnAddressSlot, bool IsExact, bool IsSignalFrame)
{
    /// <summary>An address within the instruction that this frame is in: a return address may already belong to the next
    /// function, when the call was the last instruction of one that never returns.</summary>
    public Address LookupAddress => IsExact ? ProgramCounter : ProgramCounter - 1;
}
