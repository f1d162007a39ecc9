// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Unwinding;

/// <summary>The registers that a stack is unwound with, by their DWARF numbers (x86-64 psABI, figure 3.36). The numbers are
/// not those of the instruction encoding.</summary>
public enum Register : byte
{
    Rax = 0,
    Rdx = 1,
    Rcx = 2,
    Rbx = 3,
    Rsi = 4,
    Rdi = 5,
    Rbp = 6,
    Rsp = 7,
    R8 = 8,
    R9 = 9,
    R10 = 10,
    R11 = 11,
    R12 = 12,
    R13 = 13,
    R14 = 14,
    R15 = 15,

    /// <summary>The psABI's "return address RA", number 16: as a value the program counter, as a rule where the return address is.</summary>
    Rip = 16,
}
