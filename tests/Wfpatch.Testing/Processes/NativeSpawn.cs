// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Wfpatch.Testing.Processes;

/// <summary>
/// posix_spawn(3), pipe2(2), waitid(2), kill(2). Not System.Diagnostics.Process: once the run-time library has
/// started a child it reaps on SIGCHLD, also the ptrace stops of a child that we trace, and believes it has ended.
/// </summary>
internal static unsafe partial class NativeSpawn
{
    /// <summary>Signal numbers, x86-64 Linux.</summary>
    internal const int SigKill = 9;

    private const int CloseOnExec = 0x80000;
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;
    private const int ProcessById = 1; // P_PID
    private const int Exited = 4; // WEXITED
    private const int NoWait = 0x01000000; // WNOWAIT
    private const int NoHang = 1; // WNOHANG
    private const int KilledCode = 2; // CLD_KILLED
    private const int DumpedCode = 3; // CLD_DUMPED
    private const int Interrupted = 4; // EINTR

    /// <summary>Larger than glibc's posix_spawnattr_t (336), posix_spawn_file_actions_t (80), sigset_t (128) and siginfo_t (128).</summary>
    private const int Room = 512;

    /// <summary>A pipe whose ends the children of others do not inherit.</summary>
    internal static (int Read, int Write) Pipe()
    {
        int* ends = stackalloc int[2];
        Check(pipe2(ends, CloseOnExec), "pipe2");
        return (ends[0], ends[1]);
    }

    /// <summary>Starts the program with these three descriptors as 0, 1 and 2, all signals unblocked and at their defaults.</summary>
    internal static int Start(CommandLine command, int input, int output, int errors)
    {
        byte* actions = stackalloc byte[Room];
        byte* attributes = stackalloc byte[Room];
        byte* all = stackalloc byte[Room];
        byte* none = stackalloc byte[Room];
        Check(posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
        Check(posix_spawnattr_init(attributes), "posix_spawnattr_init");
        byte** argv = Vector([command.File, .. command.Arguments]);
        byte** environment = Vector(EnvironmentOf(command));
        try
        {
            Check(posix_spawn_file_actions_adddup2(actions, input, 0), "adddup2");
            Check(posix_spawn_file_actions_adddup2(actions, output, 1), "adddup2");
            Check(posix_spawn_file_actions_adddup2(actions, errors, 2), "adddup2");
            Check(posix_spawn_file_actions_addclosefrom_np(actions, 3), "addclosefrom"); // what we were given ourselves without close-on-exec
            if (command.Folder is not null)
            {
                Check(posix_spawn_file_actions_addchdir_np(actions, command.Folder), "addchdir");
            }
            _ = sigfillset(all);
            _ = sigemptyset(none);
            Check(posix_spawnattr_setsigdefault(attributes, all), "setsigdefault");
            Check(posix_spawnattr_setsigmask(attributes, none), "setsigmask");
            Check(posix_spawnattr_setflags(attributes, SetSignalDefaults | SetSignalMask), "setflags");
            int error = posix_spawnp(out int pid, command.File, actions, attributes, argv, environment);
            return error == 0 ? pid : throw new Win32Exception(error, $"{command.File}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        finally
        {
            Free(argv);
            Free(environment);
            _ = posix_spawnattr_destroy(attributes);
            _ = posix_spawn_file_actions_destroy(actions);
        }
    }

    /// <summary>Blocks until the child has ended; leaves it to be reaped, so that its id stays its own.</summary>
    internal static void WaitUntilEnded(int pid)
    {
        byte* info = stackalloc byte[Room];
        while (waitid(ProcessById, pid, info, Exited | NoWait) != 0 && Marshal.GetLastPInvokeError() != NoChild)
        {
            ThrowUnlessInterrupted();
        }
    }

    /// <summary>True when the child has ended and waits to be reaped.</summary>
    internal static bool HasEnded(int pid)
    {
        byte* info = stackalloc byte[Room];
        new Span<byte>(info, Room).Clear();
        if (waitid(ProcessById, pid, info, Exited | NoWait | NoHang) != 0)
        {
            Check(Marshal.GetLastPInvokeError() is var error and not NoChild ? error : 0, "waitid");
            return true;
        }
        return *(int*)info != 0; // si_signo is SIGCHLD for a child that has ended
    }

    /// <summary>Reaps a child that has ended.</summary>
    internal static ExitStatus Reap(int pid)
    {
        byte* info = stackalloc byte[Room];
        while (waitid(ProcessById, pid, info, Exited) != 0)
        {
            // A tracer in this process, which is its parent too, has seen its end first.
            if (Marshal.GetLastPInvokeError() == NoChild)
            {
                return new(-1, SigKill);
            }
            ThrowUnlessInterrupted();
        }
        int code = *(int*)(info + 8); // si_code
        int value = *(int*)(info + 24); // si_status
        return code is KilledCode or DumpedCode ? new(-1, value) : new(value, 0);
    }

    private const int NoChild = 10;

    internal static void Signal(int pid, int signal)
    {
        const int NoSuchProcess = 3;
        if (kill(pid, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not NoSuchProcess)
        {
            Check(error, "kill");
        }
    }

    private static IEnumerable<string> EnvironmentOf(CommandLine command)
    {
        Dictionary<string, string> variables = [];
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        }
        foreach ((string name, string value) in command.Environment ?? [])
        {
            variables[name] = value;
        }
        return variables.Select(variable => $"{variable.Key}={variable.Value}");
    }

    private static byte** Vector(IEnumerable<string> texts)
    {
        string[] all = [.. texts];
        var vector = (byte**)NativeMemory.AllocZeroed((nuint)all.Length + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < all.Length; i++)
        {
            vector[i] = (byte*)Marshal.StringToCoTaskMemUTF8(all[i]);
        }
        return vector;
    }

    private static void Free(byte** vector)
    {
        for (byte** at = vector; *at is not null; at++)
        {
            Marshal.FreeCoTaskMem((nint)(*at));
        }
        NativeMemory.Free(vector);
    }

    private static void Check(int result, string what)
    {
        if (result != 0)
        {
            int error = result > 0 ? result : Marshal.GetLastPInvokeError();
            throw new Win32Exception(error, $"{what}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    private static void ThrowUnlessInterrupted()
    {
        int error = Marshal.GetLastPInvokeError();
        if (error != Interrupted)
        {
            throw new Win32Exception(error, $"wait: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

#pragma warning disable IDE1006 // as the C headers spell them
    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawnp(out int pid, string file, byte* actions, byte* attributes, byte** argv, byte** environment);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addchdir_np(byte* actions, string folder);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* set);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* set);

    [LibraryImport("libc")]
    private static partial int sigfillset(byte* set);

    [LibraryImport("libc")]
    private static partial int sigemptyset(byte* set);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int kind, int id, byte* info, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
#pragma warning restore IDE1006
}
