// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;
using Wfpatch.Core.Generations;
using Wfpatch.Live.Backends;

namespace Wfpatch.Cli.Views;

/// <summary>All writes of a plan in their order. Pure.</summary>
internal static class PlanView
{
    public static string Render(BackendPlan plan)
    {
        var text = new StringBuilder();
        foreach (var region in plan.NewRegions)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  map   {region} read, execute: state and new code");
        }
        foreach (var page in plan.NewPages)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  map   {page} one page read, execute: trampolines");
        }
        foreach (var write in plan.Code)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  write {write.Address} {write.Bytes.Length} bytes that nothing leads to yet");
        }
        var writes = new TransitionWrites(plan.Open);
        foreach (var write in writes.Evict().SelectMany(round => round).Concat(writes.Arm()))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  arm   {write.Address} {Convert.ToHexStringLower(write.Bytes)}");
        }
        foreach (var write in plan.Open.Backend == BackendKind.AddressSpace ? new ViewWrites(plan.Open).All() : [])
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  view  {write.Address} {Convert.ToHexStringLower(write.Bytes)}");
        }
        return text.ToString().TrimEnd();
    }
}
