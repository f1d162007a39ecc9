// SPDX-License-Identifier: Apache-2.0
using System.Runtime.ExceptionServices;
using Wfpatch.Live.Linux;

namespace Wfpatch.Live.Controllers;

/// <summary>The kernel ties a traced thread to the one OS thread that attached to it: a command on a target runs on a thread of
/// its own from beginning to end, while the caller's waits.</summary>
public static class TracerThread
{
    public static T Run<T>(Func<T> command)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = command();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            Yielding.EndForThisThread();
        })
        { Name = "tracer" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }
}
