// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;

namespace Wfpatch.Live.Backends.Dispatch;

/// <summary>The target's memory as it would be without our redirects.</summary>
public static class OriginalCode
{
    public static IMemory View(IMemory memory, TargetState state)
    {
        var view = new OverlayMemory(memory);
        foreach (var plan in state.Redirects.Select(r => r.Plan).Concat(state.Hooks.Select(h => h.Plan)).Concat(state.Unwinders.Select(u => u.Plan)).SelectMany(p => p.All))
        {
            view.Write(plan.Write.Address, plan.Write.Old.Span);
        }
        return view;
    }
}
