// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Live.Linux;

/// <summary>errno values of x86-64 Linux (asm-generic/errno*.h) that are looked at here.</summary>
public static class Errno
{
    public const int Success = 0;
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int NoSuchProcess = 3;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int NoSuchAddress = 6;
    public const int TryAgain = 11;
    public const int NoRoom = 12;
    public const int NoAccess = 13;
    public const int Fault = 14;
    public const int Busy = 16;
    public const int Invalid = 22;
    public const int NoSystemCall = 38;
    public const int AddressInUse = 98;
}
