namespace NonLocal.Formats.PyTorch;

/// <summary>The instructions of Python's pickle format, protocols 2 to 5, that describe data. No others are understood.</summary>
internal static class PickleOpcode
{
    public const byte Mark = (byte)'(';
    public const byte Stop = (byte)'.';
    public const byte Pop = (byte)'0';
    public const byte PopMark = (byte)'1';
    public const byte Duplicate = (byte)'2';
    public const byte Float = (byte)'G';
    public const byte Int32 = (byte)'J';
    public const byte Int8 = (byte)'K';
    public const byte Int16 = (byte)'M';
    public const byte None = (byte)'N';
    public const byte PersistentId = (byte)'Q';
    public const byte Reduce = (byte)'R';
    public const byte String = (byte)'T';
    public const byte ShortString = (byte)'U';
    public const byte Unicode = (byte)'X';
    public const byte Append = (byte)'a';
    public const byte Build = (byte)'b';
    public const byte Global = (byte)'c';
    public const byte Appends = (byte)'e';
    public const byte Get = (byte)'h';
    public const byte LongGet = (byte)'j';
    public const byte Put = (byte)'q';
    public const byte LongPut = (byte)'r';
    public const byte SetItem = (byte)'s';
    public const byte Tuple = (byte)'t';
    public const byte SetItems = (byte)'u';
    public const byte EmptyList = (byte)']';
    public const byte EmptyDictionary = (byte)'}';
    public const byte EmptyTuple = (byte)')';
    public const byte Bytes = (byte)'B';
    public const byte ShortBytes = (byte)'C';
    public const byte Protocol = 0x80;
    public const byte NewObject = 0x81;
    public const byte Tuple1 = 0x85;
    public const byte Tuple2 = 0x86;
    public const byte Tuple3 = 0x87;
    public const byte True = 0x88;
    public const byte False = 0x89;
    public const byte Long1 = 0x8A;
    public const byte Long4 = 0x8B;
    public const byte ShortUnicode = 0x8C;
    public const byte Unicode8 = 0x8D;
    public const byte Bytes8 = 0x8E;
    public const byte EmptySet = 0x8F;
    public const byte AddItems = 0x90;
    public const byte FrozenSet = 0x91;
    public const byte StackGlobal = 0x93;
    public const byte Memoize = 0x94;
    public const byte Frame = 0x95;
}
