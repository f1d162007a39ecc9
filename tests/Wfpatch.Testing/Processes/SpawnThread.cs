// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

namespace Wfpatch.Testing.Processes;

/// <summary>
/// The one thread that starts all children. A child that asked for PR_SET_PDEATHSIG gets its signal when the THREAD that
/// started it ends (prctl(2)), and threads of the pool come and go; this one lives as long as the process.
/// </summary>
internal static class SpawnThread
{
    private static readonly BlockingCollection<Action> Work = [];

    static SpawnThread()
    {
        new Thread(Run) { IsBackground = true, Name = "spawn" }.Start();
    }

    internal static T Run<T>(Func<T> work)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception problem) when (problem is not OutOfMemoryException)
            {
                done.SetException(problem);
            }
        });
        return done.Task.GetAwaiter().GetResult();
    }

    private static void Run()
    {
        foreach (Action work in Work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
