#include "CNumbers.h"
