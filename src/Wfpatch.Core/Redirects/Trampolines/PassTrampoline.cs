// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Redirects.Trampolines;

/// <summary>What an evicted instruction leads to: the instruction itself, moved, and a jump to the one behind it. It never changes.</summary>
public static class PassTrampoline
{
    public const int Length = PassBlock.Length;

    public static CodeWrite Initial(RedirectPlan plan)
    {
        var bytes = new byte[Length];
        bytes.AsSpan().Fill(0xcc);
        PassBlock.Encode(plan, plan.Trampoline).CopyTo(bytes, 0);
        return new(plan.Trampoline, bytes);
    }
}
