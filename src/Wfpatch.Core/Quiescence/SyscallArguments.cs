// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Quiescence;

/// <summary>The six registers of a system call's arguments, in the order of the man pages; those that a call does not use hold anything.</summary>
public readonly record struct SyscallArguments(ulong First, ulong Second, ulong Third, ulong Fourth, ulong Fifth, ulong Sixth);
