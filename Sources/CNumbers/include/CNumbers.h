int lockedh5_numbers_placeholder(void);
