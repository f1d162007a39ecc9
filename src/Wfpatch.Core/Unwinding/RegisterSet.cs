// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>The sixteen general registers and the program counter of a stopped thread. A value of 136 bytes: pass it by <c>in</c>.</summary>
public struct RegisterSet
{
    /// <summary>How many there are; <see cref="Register"/> numbers them from 0.</summary>
    public const int Count = 17;

    private Values _values;

    public readonly Address ProgramCounter => new(_values[(int)Register.Rip]);

    public readonly Address StackPointer => new(_values[(int)Register.Rsp]);

    public ulong this[Register register]
    {
        readonly get => _values[(int)register];
        set => _values[(int)register] = value;
    }

    [InlineArray(Count)]
    private struct Values
    {
        private ulong _first;
    }
}
