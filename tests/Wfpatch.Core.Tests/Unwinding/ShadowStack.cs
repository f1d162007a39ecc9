// SPDX-License-Identifier: Apache-2.0
using Iced.Intel;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>Keeps, from the instructions that ran, where on the stack each return address lies: an account of the stack that
/// needs no unwind tables. The places alone are kept: handlers and the exception machinery change what is stored there.</summary>
internal sealed class ShadowStack(LoadedProgram program)
{
    // struct rt_sigframe: the restorer's address, then a ucontext whose registers begin after 40 bytes; rip is the 17th.
    private const int InterruptedSlot = 8 + 40 + (16 * 8);

    private readonly Dictionary<Address, bool> _isCall = [];
    private readonly List<Address> _slots = [];
    private Step? _previous;

    /// <summary>From the innermost to the outermost.</summary>
    public IEnumerable<Address> Slots => Enumerable.Reverse(_slots);

    public void Start(StackTrace trace)
    {
        _slots.AddRange(SlotsOf(trace).Reverse());
    }

    public void Follow(Step step)
    {
        var top = step.Registers.StackPointer;
        if (step.AfterSignal)
        {
            _slots.Add(top + InterruptedSlot);
            _slots.Add(top);
        }
        else if (_previous is { } previous && IsCall(previous.Registers.ProgramCounter))
        {
            _slots.Add(top);
        }
        while (_slots.Count > 0 && _slots[^1] < top)
        {
            _slots.RemoveAt(_slots.Count - 1);
        }
        _previous = step;
    }

    public static IEnumerable<Address> SlotsOf(StackTrace trace) => trace.Frames.Select(f => f.ReturnAddressSlot).Where(slot => slot != Address.Zero);

    private bool IsCall(Address pc)
    {
        if (!_isCall.TryGetValue(pc, out bool isCall))
        {
            byte[] bytes = program.Code.Read(pc, 15) ?? program.Code.Read(pc, 1) ?? [];
            var decoder = Decoder.Create(64, bytes, pc.Value);
            decoder.Decode(out var instruction);
            isCall = instruction.Mnemonic == Mnemonic.Call;
            _isCall.Add(pc, isCall);
        }
        return isCall;
    }
}
