// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Obstacles;

/// <summary>
/// Finds threads whose stack or control block lies where a program handles page faults (userfaultfd(2)): whoever looks there waits
/// for that program, and if that thread is stopped at the time, perhaps for ever. So that is asked before any thread is stopped: by what the
/// target has open, and, where another process has it, by reading with a time limit.
/// </summary>
public sealed class FaultObstacles(Target target)
{
    private const string Descriptor = "anon_inode:[userfaultfd]";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private static readonly string[] Flags = ["um", "uw", "ui"];

    private readonly record struct Place(int Thread, Address At);

    public Refusal? Find()
    {
        Place waiting = default;
        bool answered = true;
        if (!target.Proc.HasDescriptor(Descriptor))
        {
            answered = ReadAll(out waiting);
            if (answered)
            {
                return null;
            }
        }
        var handled = target.Proc.ReadMappingFlags().Where(m => m.Flags.Any(Flags.Contains)).Select(m => m.Range).ToList();
        var found = answered ? handled.Count == 0 ? default : Places().FirstOrDefault(p => handled.Exists(h => h.Contains(p.At))) : waiting;
        return found.Thread == 0 ? null : TargetRefusals.FaultsHandled.About(
            $"thread {found.Thread}", $"Page faults at {found.At}, in the stack or control block of thread {found.Thread} of process {target.Process}, are handled by a program (userfaultfd).");
    }

    // The stack first: to find the control block is to read it.
    private IEnumerable<Place> Places()
    {
        foreach (int thread in target.Proc.ReadThreads())
        {
            if (target.Proc.ReadActivity(thread) is { IsBlocked: true } blocked && blocked.StackPointer != Address.Zero)
            {
                yield return new Place(thread, blocked.StackPointer);
            }
            if (target.Linux.GetRobustList(thread, out var head) == Errno.Success && head != Address.Zero)
            {
                yield return new Place(thread, head);
            }
        }
    }

    /// <summary>Reads a byte at each place; false where one did not come in time. The thread that waits for it ends with us.</summary>
    private bool ReadAll(out Place waiting)
    {
        Place current = default;
        var places = Places().ToList();
        var reader = new Thread(() =>
        {
            Span<byte> one = stackalloc byte[1];
            foreach (var place in places)
            {
                current = place;
                _ = target.Linux.Read(place.Thread, place.At, one);
            }
        })
        { IsBackground = true, Name = "fault probe" };
        reader.Start();
        bool done = reader.Join(Limit);
        waiting = current;
        return done;
    }
}
