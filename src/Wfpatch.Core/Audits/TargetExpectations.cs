// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Core.Refusals;
using Wfpatch.Core.X86;

namespace Wfpatch.Core.Audits;

/// <summary>
/// What must be in a target by the state that is journaled in it: entries, trampolines, new code. Of an open transition the
/// writes of its phase may have been made or not, whoever was killed in the middle of them; those of the phases before have been.
/// It is told by the writes themselves (<see cref="TransitionWrites"/>), so that there is no second table of bytes.
/// </summary>
public sealed class TargetExpectations
{
    private readonly TargetState _state;
    private readonly ImmutableArray<SyscallSite> _sites;
    private readonly ExpectedMemory _memory = new();

    private TargetExpectations(TargetState state, ImmutableArray<SyscallSite> sites)
    {
        _state = state;
        _sites = sites;
        foreach (var redirect in state.Redirects)
        {
            PutSettled(redirect);
        }
        foreach (var hook in state.Hooks)
        {
            PutClosed(hook);
        }
        PutFrames();
        if (state.Transition is { } open)
        {
            PutOpen(open);
        }
    }

    /// <param name="sites">System calls that guards may stand behind: the state does not name them. A guard whose call is not among
    /// them is compared in part.</param>
    /// <exception cref="InvalidOperationException">The state was not written by us: what it plans cannot be.</exception>
    public static ImmutableArray<Expectation> Of(TargetState state, ImmutableArray<SyscallSite> sites)
    {
        var expected = new TargetExpectations(state, sites);
        return
        [
            .. state.Redirects.SelectMany(r => expected.OfPlan(r.Plan, r.Name)),
            .. OfEntries(state),
            .. state.Hooks.SelectMany(h => expected.OfPlan(h.Plan, Describe(h))),
            .. state.Unwinders.SelectMany(u => expected.OfPlan(u.Plan, $"unwinder of {u.ObjectName}")),
            .. expected.OfFrameIndex(),
            .. state.Frames.Select(f => new ExpectedChecksum(AuditRefusals.NewCodeChanged, $"frames of trampolines at {f.Range.Start}", f.Range, f.Checksum)),
            .. expected.OfReturnHooks(),
            .. expected.OfGlobalWord(),
            .. state.Images.Select(i => new ExpectedChecksum(AuditRefusals.NewCodeChanged, $"new code of {i.PatchName}", i.Range, i.Checksum)),
        ];
    }

    /// <summary>Views replace entries; generation 0 of the kernel, which is what can be read from outside, keeps them. After the backend aspace has gone, redirects may stand there.</summary>
    private static IEnumerable<Expectation> OfEntries(TargetState state) => state.Backend == BackendKind.AddressSpace
        ? state.Entries.Select(e => new ExpectedBytes(AuditRefusals.EntryChanged, $"entry of {e.Name} in generation 0", e.Entry, [.. e.Old.ToArray().Select(b => ImmutableArray.Create(b))]))
        : [];

    /// <summary>What a hook is called in a report.</summary>
    public static string Describe(HookState hook) => hook.Kind switch
    {
        HookKind.Point => $"quiescence point {hook.Name}",
        HookKind.CallGuard => $"guard of {hook.Name}",
        HookKind.Clone or HookKind.Clone3 => $"inheritance in {hook.Name}",
        _ => hook.Name,
    };

    /// <summary>The bytes that belong to a redirect: the first instruction, and what its jump reads behind it.</summary>
    public static AddressRange EntryOf(RedirectPlan plan)
    {
        // What is evicted for it, and read by its jump, is compared by itself.
        bool isLonger = plan.Evicted is null && plan.Jump >= plan.Entry && plan.Jump < plan.Continuation && plan.Displacement.End > plan.Continuation;
        return new AddressRange(plan.Entry, isLonger ? plan.Displacement.End : plan.Continuation);
    }

    private IEnumerable<Expectation> OfFrameIndex()
    {
        if (_state.FrameIndexHead != Address.Zero)
        {
            var head = AddressRange.OfLength(_state.FrameIndexHead, 8);
            yield return new ExpectedBytes(AuditRefusals.NewCodeChanged, "frames of new code", head.Start, _memory.Of(head));
        }
    }

    /// <summary>Its hooks are closed before a transition ends, and before a reversed one goes on: then they store nothing.</summary>
    private IEnumerable<Expectation> OfReturnHooks()
    {
        if (_state.ReturnHooks != Address.Zero)
        {
            var open = _state is { Backend: BackendKind.Dispatch, Transition: { Policy: ReturnHookArea.PolicyName } own } ? own : null;
            yield return new ExpectedReturnHooks(_state.ReturnHooks, open is null ? [0] : [0, open.Generation, open.Destination], IsNeeded: open is not null);
        }
    }

    /// <summary>It decides while a global transition is open. Settling: it has been written. Before that it may have been written just now.</summary>
    private IEnumerable<Expectation> OfGlobalWord()
    {
        if (_state is { Backend: BackendKind.Dispatch, Transition: { IsGlobal: true, Phase: TransitionPhase.Settling } })
        {
            var write = new TransitionWrites(_state).Flip();
            yield return new ExpectedBytes(AuditRefusals.TrampolineChanged, "word that decides for all threads", write.Address, [.. write.Bytes.Select(b => ImmutableArray.Create(b))]);
        }
    }

    private IEnumerable<Expectation> OfPlan(RedirectPlan plan, string name)
    {
        foreach (var one in plan.All)
        {
            string of = one == plan ? name : $"{name}'s evicted instruction";
            var entry = EntryOf(one);
            yield return new ExpectedBytes(AuditRefusals.EntryChanged, $"entry of {of}", entry.Start, _memory.Of(entry));
            foreach (var read in one.IsShort ? one.Displacements : [])
            {
                yield return new ExpectedBytes(AuditRefusals.EntryChanged, $"jump of {of}", read.Start, _memory.Of(read));
            }
            yield return new ExpectedBytes(AuditRefusals.TrampolineChanged, $"trampoline of {of}", one.Trampoline, _memory.Of(one.TrampolineRange));
        }
    }

    private void PutSettled(RedirectState redirect)
    {
        var plan = redirect.Plan;
        var at = plan.Trampoline;
        PutOriginal(plan);
        PutEvicted(redirect);
        _memory.Put(DispatchTrampoline.Initial(plan));
        for (int bank = 0; bank < DispatchTrampoline.BankCount; bank++)
        {
            _memory.Allow([DispatchTrampoline.WriteBank(at, bank, 0, at, at), DispatchTrampoline.WriteGlobalHead(at, bank, at, 0)]);
        }
        AllowAny(DispatchTrampoline.Operands(at));
        var entry = new CodeWrite(plan.Write.Address, plan.Write.New.ToArray());
        if (redirect.Slot < 0)
        {
            _memory.Allow(plan.DisplacesSeveral ? [entry] : []);
            return;
        }
        // The selector is not reached; it stands where the last transition left it.
        _memory.Put(DispatchTrampoline.Select(at, DispatchTrampoline.Block.Bank0));
        _memory.Allow(new[] { DispatchTrampoline.Block.Bank1, DispatchTrampoline.Block.Head0, DispatchTrampoline.Block.Head1 }.Select(b => DispatchTrampoline.Select(at, b)));
        _memory.Put(DispatchTrampoline.SwitchSlot(at, redirect.Slot, on: true));
        if (_state.VersionOf(plan.Entry, _state.Applied)?.Functions.First(f => f.Entry == plan.Entry) is { } version)
        {
            _memory.Put(DispatchTrampoline.WriteSlot(at, redirect.Slot, version.New.Start));
        }
        _memory.Put(entry);
    }

    /// <summary>An eviction stays after a revert; one that was cancelled may never have been made.</summary>
    private void PutEvicted(RedirectState redirect)
    {
        // From the entry on: the bytes behind an instruction are the next one's affair.
        foreach (var evicted in redirect.Plan.All.Reverse().Skip(1))
        {
            PutOriginal(evicted);
            _memory.Put(PassTrampoline.Initial(evicted));
        }
        foreach (var evicted in redirect.Plan.All.SkipLast(1))
        {
            var write = new CodeWrite(evicted.Write.Address, evicted.Write.New.ToArray());
            if (redirect.Slot >= 0)
            {
                _memory.Put(write);
            }
            else
            {
                _memory.Allow([write]);
            }
        }
    }

    private void PutClosed(HookState hook)
    {
        var plan = hook.Plan;
        PutOriginal(plan);
        if (hook.Kind == HookKind.CallGuard)
        {
            PutGuard(hook);
            return;
        }
        if (hook.IsInheritance)
        {
            _memory.Put(InheritanceTrampoline.Initial(plan, hook.Kind == HookKind.Clone3));
            return;
        }
        _memory.Put(HookTrampoline.Initial(plan, _state.CallbackArea));
        for (int set = 0; set < HookTrampoline.SetCount; set++)
        {
            _memory.Allow([HookTrampoline.WriteSet(plan.Trampoline, set, 0)]);
        }
        AllowAny(HookTrampoline.Operands(plan.Trampoline));
        AllowAny(DestinationOf(plan));
    }

    // What it was last. Of the open transition it is written before the hook is opened.
    private static AddressRange[] DestinationOf(RedirectPlan plan) => plan.TrampolineLength >= ViewHook.Length ? [ViewHook.Operand(plan.Trampoline)] : [];

    // They stay as they were published. While a transition begins, what it adds may not be there yet.
    private void PutFrames()
    {
        foreach (var unwinder in _state.Unwinders)
        {
            PutOriginal(unwinder.Plan);
            _memory.Put(FrameLookupTrampoline.Initial(unwinder.Plan, _state.FrameIndexHead));
            var armed = new CodeWrite(unwinder.Plan.Write.Address, unwinder.Plan.Write.New.ToArray());
            if (IsBeginning)
            {
                _memory.Allow([armed]);
            }
            else
            {
                _memory.Put(armed);
            }
        }
        if (_state.FrameIndexHead == Address.Zero)
        {
            return;
        }
        _memory.Put(FrameLookupTrampoline.Publish(_state.FrameIndexHead, _state.FrameIndex));
        var indexed = _state.Images.Where(i => i.FrameIndex != Address.Zero).ToList();
        var begun = IsBeginning ? _state.Transition!.Images.Select(i => _state.Images[i]).ToList() : [];
        if (indexed.TrueForAll(begun.Contains))
        {
            _memory.Allow([FrameLookupTrampoline.Publish(_state.FrameIndexHead, Address.Zero)]);
        }
        if (IsBeginning)
        {
            _memory.Allow([FrameLookupTrampoline.Publish(_state.FrameIndexHead, indexed.FindLast(i => !begun.Contains(i))?.FrameIndex ?? _state.ReturnHooks)]);
        }
    }

    private bool IsBeginning => _state.Transition is { Phase: TransitionPhase.Arming or TransitionPhase.Cancelling };

    private void PutGuard(HookState hook)
    {
        if (_sites.Any(s => s.ErrorPath == hook.Plan.Entry))
        {
            _memory.Put(CallGuardTrampoline.Initial(hook.Plan, _sites.First(s => s.ErrorPath == hook.Plan.Entry)));
            return;
        }
        _memory.AllowAny(hook.Plan.TrampolineRange);
        _memory.Put(CallGuardTrampoline.InitialPass(hook.Plan));
    }

    private void PutOriginal(RedirectPlan plan)
    {
        // Those behind the first instruction are never written: they are what makes the jump lead to the trampoline.
        if (plan.IsShort)
        {
            _memory.Put(new CodeWrite(plan.Entry, [0xeb, (byte)(plan.Jump - plan.Entry - 2)]));
        }
        _memory.Put(new CodeWrite(plan.Jump, NearJump.Encode(plan.Jump, plan.Trampoline)));
        _memory.Put(new CodeWrite(plan.Entry, plan.FirstInstruction.ToArray()));
    }

    /// <summary>Pairs with the order of writes in the backends and Controller (Wfpatch.Live), phase by phase.</summary>
    private void PutOpen(TransitionState open)
    {
        var writes = new TransitionWrites(_state);
        _memory.Put(writes.Prepare());
        switch (open.Phase)
        {
            case TransitionPhase.Arming or TransitionPhase.Cancelling:
                _memory.Allow(writes.OpenGuards());
                _memory.Allow(writes.Evict().SelectMany(round => round));
                _memory.Allow(writes.Displace());
                _memory.Allow(writes.Arm());
                AllowForCallbacks(open, writes);
                break;
            case TransitionPhase.CallingFirst:
                _memory.Put(writes.OpenGuards());
                _memory.Put(writes.Evict().SelectMany(round => round));
                _memory.Put(writes.Displace());
                _memory.Put(writes.Arm());
                _memory.Allow(writes.OpenCalls());
                break;
            case TransitionPhase.Migrating:
                _memory.Put(writes.OpenGuards());
                _memory.Put(writes.Evict().SelectMany(round => round));
                _memory.Put(writes.Displace());
                _memory.Put(writes.Arm());
                if (open.ReversedTo != 0)
                {
                    AllowBeforeReversal(open);
                }
                AllowForCanaries(open);
                _memory.Allow(writes.OpenHooks());
                AllowForCallbacks(open, writes);
                break;
            case TransitionPhase.CallingLast:
                _memory.Put(writes.OpenGuards());
                _memory.Put(writes.Evict().SelectMany(round => round));
                _memory.Put(writes.Displace());
                _memory.Put(writes.Arm());
                _memory.Put(writes.OpenHooks());
                _memory.Allow(writes.OpenCalls());
                break;
            case TransitionPhase.Settling:
                _memory.Put(writes.OpenGuards());
                _memory.Put(writes.Evict().SelectMany(round => round));
                _memory.Put(writes.Displace());
                _memory.Put(writes.Arm());
                _memory.Put(writes.OpenHooks());
                AllowForCallbacks(open, writes);
                _memory.Allow(writes.Settle());
                _memory.Allow(writes.CloseHooks());
                break;
        }
    }

    /// <summary>The reversal is journaled before the sets that go with it are written.</summary>
    private void AllowBeforeReversal(TransitionState open)
    {
        // Views have their hooks lead back by one word, which may be any.
        foreach (var hook in _state.Hooks.Where(h => h.IsArmed && h.StoresNumber && _state.Backend == BackendKind.Dispatch))
        {
            var at = hook.Plan.Trampoline;
            int before = HookTrampoline.SetBefore(hook.Set);
            _memory.Put(HookTrampoline.Initial(hook.Plan, _state.CallbackArea));
            _memory.Allow(Enumerable.Range(0, HookTrampoline.SetCount).Select(set => HookTrampoline.WriteSet(at, set, 0)));
            AllowAny(HookTrampoline.Operands(at));
            _memory.Put(HookTrampoline.WriteSet(at, before, open.Generation));
            _memory.Allow([HookTrampoline.Select(at, before)]);
        }
    }

    /// <summary>The phase behind callbacks is journaled before the hooks that called are.</summary>
    private void AllowForCallbacks(TransitionState open, TransitionWrites writes)
    {
        if (!_state.Images[open.CallingImage(_state)].Callbacks.IsEmpty)
        {
            _memory.Allow(writes.OpenCalls());
        }
    }

    /// <summary>That it is open for all threads, or taken back, is journaled before the hooks are. That it was open for canaries tell the hooks
    /// by which new threads inherit.</summary>
    private void AllowForCanaries(TransitionState open)
    {
        if (open.Canaries == 0 && _state.Hooks.Any(h => h.IsArmed && h.IsInheritance))
        {
            _memory.Allow(_state.Hooks.Where(h => h.IsArmed && h.Kind == HookKind.Point)
                .Select(h => HookTrampoline.Select(h.Plan.Trampoline, HookTrampoline.GrantedSet)));
        }
    }

    private void AllowAny(IEnumerable<AddressRange> ranges)
    {
        foreach (var range in ranges)
        {
            _memory.AllowAny(range);
        }
    }
}
