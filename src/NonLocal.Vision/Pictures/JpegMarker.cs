namespace NonLocal.Vision.Pictures;

/// <summary>The second bytes of JPEG's markers (T.81, table B.1), as far as the reader tells them apart.</summary>
internal static class JpegMarker
{
    public const int Baseline = 0xC0;
    public const int Sequential = 0xC1;
    public const int Progressive = 0xC2;
    public const int HuffmanTables = 0xC4;
    public const int Extension = 0xC8;
    public const int ArithmeticTables = 0xCC;
    public const int LastFrame = 0xCF;
    public const int FirstRestart = 0xD0;
    public const int LastRestart = 0xD7;
    public const int Start = 0xD8;
    public const int End = 0xD9;
    public const int Scan = 0xDA;
    public const int QuantisationTables = 0xDB;
    public const int NumberOfLines = 0xDC;
    public const int RestartInterval = 0xDD;
    public const int HierarchicalProgression = 0xDE;
    public const int FirstApplication = 0xE0;
    public const int Exif = 0xE1;
    public const int Adobe = 0xEE;
}
